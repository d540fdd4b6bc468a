"""Training of the face detector ``lookout``: labelled pictures, networks, training loop, export and metrics."""
