"""Training and evaluation of the binary neural networks."""
