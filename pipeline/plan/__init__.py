"""What stages read and depend on: the plan, resolved from params.yaml, and digests of the code."""
