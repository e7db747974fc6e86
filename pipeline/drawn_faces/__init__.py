"""Drawn faces in CelebA's own layout: the embedded data set."""
