"""How it looks: widgets draw the workspace and hand gestures to it."""
