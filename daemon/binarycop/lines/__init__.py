"""A lane's wires as gpiozero devices: permission relay, lamps, and what the lane reports back."""
