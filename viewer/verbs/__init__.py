"""The verbs of the command line; they need no display and import no Qt."""
