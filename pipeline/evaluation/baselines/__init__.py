"""Baselines of Table 1: what simple things, or other networks, reach on the same faces with the same SVMs.

Each file is one baseline. Its function `measure` takes a `Given` and returns `Features` or `Decisions`, all of
`pipeline.evaluation.baseline`.
"""
