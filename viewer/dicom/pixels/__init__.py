"""Frame bytes to stored values: located, checked, decoded in processes of their own."""
