"""Detecting faces in a frame, and the 32×32 crop of one."""
