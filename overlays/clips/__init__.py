"""Whole passages as clips, made from held-out faces, and what the daemon decides on them."""
