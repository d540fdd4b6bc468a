"""Training and evaluation of the binarised networks."""
