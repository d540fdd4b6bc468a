"""Crops to four integer scores: the interface of a classifier, and the emulator."""
