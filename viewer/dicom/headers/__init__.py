"""The few attributes of a file that the catalogue needs, read fast."""
