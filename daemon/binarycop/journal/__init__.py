"""What happened, in words and numbers, to journald or standard error. Never a pixel, never a score vector."""
