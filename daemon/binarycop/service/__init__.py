"""The loop: assembles and runs lanes, classifier and clock."""
