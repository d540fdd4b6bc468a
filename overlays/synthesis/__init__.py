"""Synthesis of labelled crops from faces and masks."""
