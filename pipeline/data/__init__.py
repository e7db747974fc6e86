"""CelebA, its crops, and the Parquet shards that training reads."""
