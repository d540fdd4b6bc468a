"""Looks the whole gate over: checks are pure functions over facts, and thin readers get the facts."""
