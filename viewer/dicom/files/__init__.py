"""Where the bytes are and which files there are."""
