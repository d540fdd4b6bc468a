"""The sandbox of the units: their scores, and what a program in the gate's unit cannot do."""
