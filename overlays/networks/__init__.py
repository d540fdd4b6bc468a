"""The three networks and their folding (PE and SIMD), as tables."""
