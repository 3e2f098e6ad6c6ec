"""The viewport: image, letters, words, gestures."""
