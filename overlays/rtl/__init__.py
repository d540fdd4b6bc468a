"""The accelerator as a circuit of our own: SystemVerilog modules, and the generator of a core for a bundle."""
