"""What models are trained to minimise, term by term."""
