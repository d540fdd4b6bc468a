"""Faces and masks to labelled crops."""
