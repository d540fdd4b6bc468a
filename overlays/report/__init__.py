"""What a bundle is worth: figures by class and by group, its margin's calibration, where it looks; as Markdown."""
