"""What is open now and how it is shown: the only mutable state, no widgets."""
