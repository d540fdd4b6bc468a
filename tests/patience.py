"""How long a test waits for a program, a thread or an answer that it has caused."""

PATIENCE_S = 300.0
"""Only a failing test waits this long: on a machine that does much else, a second's work has taken two minutes."""
