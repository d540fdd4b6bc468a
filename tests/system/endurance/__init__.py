"""The soak test: a long run at many times real speed with random faults. Counts must add up, and nothing may grow."""
