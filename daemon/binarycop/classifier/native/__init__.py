"""The emulator's arithmetic in C, compiled for several instruction sets. It is optional: without it numpy computes."""
