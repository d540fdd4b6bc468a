"""Tracks people from frame to frame, and selects the front person."""
