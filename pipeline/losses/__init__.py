"""The terms of the training objective."""
