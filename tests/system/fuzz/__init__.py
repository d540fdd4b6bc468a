"""Everything that takes bytes from outside, fed with bytes that nobody meant."""
