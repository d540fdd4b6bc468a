"""The workshop: networks, training data, training, export, and the bundles that the daemon loads."""
