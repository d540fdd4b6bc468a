"""The face finder that ships with the project: network, engines, weights."""
