"""Checks the whole gate: checks are pure functions over facts, and thin readers get the facts."""
