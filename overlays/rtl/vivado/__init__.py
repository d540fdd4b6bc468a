"""A Vivado project for the circuit."""
