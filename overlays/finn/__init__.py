"""Build of a bitstream from a bundle's QONNX with FINN, with the gate's lines in the block design."""
