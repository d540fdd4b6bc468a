"""The face detector that ships with the project: networks, engines, weights."""
