"""Cost and speed of a folding: cost model, pipeline simulation, search, and a comparison with the paper's Table II."""
