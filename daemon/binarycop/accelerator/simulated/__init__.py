"""A board that is not there: memory with caches, clocks, an FPGA manager, and DMAs that run a bundle's emulator."""
