"""Scores of trained models: attribute prediction, reconstructions, samples."""
