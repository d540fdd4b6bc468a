"""The sandbox: what the units score, and what a program in the gate's unit cannot do."""
