"""The circuit, core and shell, compiled for simulation."""
