"""What the tag inspector shows: every element of a file."""
