"""What a file says about its frames, as the plain values that core works with."""
