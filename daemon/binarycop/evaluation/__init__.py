"""How well detectors and bundles do on annotated pictures."""
