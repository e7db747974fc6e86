"""The networks, and trained models as files."""
