"""The journal: events in words and numbers, to journald or standard error. It never contains pixels or scores."""
