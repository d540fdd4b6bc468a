"""A bundle: its manifest and files, its versions on a board, and the FINN build that belongs to it."""
