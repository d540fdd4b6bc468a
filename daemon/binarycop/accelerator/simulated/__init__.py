"""A simulated board: memory with caches, clocks, an FPGA manager, and DMAs that run a bundle's network."""
