"""The pipeline on data sets up to CelebA's size: what each stage takes of time, memory and disk, and how it grows."""
