"""The loop: it owns the clock and the order of things, and hands every room what it needs."""
