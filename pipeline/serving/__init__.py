"""A trained model behind HTTP: `python -m pipeline.serving` starts a server of MLflow's, asks it, and stops it."""
