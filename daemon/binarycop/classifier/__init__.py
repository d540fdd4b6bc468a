"""Crops to four integer scores: a bundle, and the backends that run it."""
