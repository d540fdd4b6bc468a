"""From a bundle's QONNX to a bitstream with the gate's own lines, through FINN's dataflow builder."""
