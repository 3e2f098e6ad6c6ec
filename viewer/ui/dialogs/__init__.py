"""Windows of their own, one a file; none of them stops the work behind it."""
