"""FINN's accelerator: its register protocol and packing as pure code, one file for pynq, and a simulated board."""
