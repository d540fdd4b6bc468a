"""A bundle: what the daemon loads, its manifest, its files, its versions on a board, and the FINN build in it."""
