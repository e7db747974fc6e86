"""Where faces come from: each file is a choice of data.source. docs/sources.md says how to write one.

A source is a file with `open_dataset(given) -> Dataset`, `fingerprint(given) -> dict`, `IN_WORDS` and `HAS_LANDMARKS`.
"""
