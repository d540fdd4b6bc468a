"""The networks and their folding, as tables."""
