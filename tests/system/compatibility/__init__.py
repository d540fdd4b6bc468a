"""What other people's cameras, programs and tools make, tried with each supported OpenCV."""
