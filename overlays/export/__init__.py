"""Export of a trained network to a bundle, and checks of a bundle."""
