"""FINN's accelerator in the FPGA: its register protocol, the boards that reach it, and a simulated board."""
