"""How studies travel."""
