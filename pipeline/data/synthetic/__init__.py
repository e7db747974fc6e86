"""Drawn faces in CelebA's own layout: the embedded data source."""

from pipeline.data.synthetic.dataset import write_dataset

__all__ = ["write_dataset"]
