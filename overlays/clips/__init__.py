"""Clips of whole passages, made from held-out faces, and measurements of the daemon on them."""
