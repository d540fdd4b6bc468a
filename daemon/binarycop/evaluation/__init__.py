"""How well detectors and bundles do on annotated pictures, and what several gates cost."""
