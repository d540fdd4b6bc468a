"""How well the detectors do on annotated pictures."""
