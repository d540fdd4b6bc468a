"""Finding a face in a frame, following the person, cutting the 32×32 crop."""
