"""The plan, which stages read instead of params.yaml, and the digests of the code on which they depend."""
