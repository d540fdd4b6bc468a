"""What this machine needs for the networks, for a frame, for several gates and for a start: measured, and compared."""
