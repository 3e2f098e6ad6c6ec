"""What an image is: arrays and numbers, numpy only."""
