"""One HTML page in which trained decoders run: faces that move, without a server."""
