"""Grad-CAM heat maps: which parts of a crop a network uses."""
