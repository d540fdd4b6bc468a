"""What a folding costs and how fast it is: arithmetic, a simulation of the pipeline, a search; all beside Table II."""
