"""Sources of frames: cameras, recordings and the demo. One thread owns each; only the newest frame counts."""
