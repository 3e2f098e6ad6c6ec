"""Which studies there are."""
