"""What is made away from the board: networks, training data, training, export, and the bundles that come of it."""
