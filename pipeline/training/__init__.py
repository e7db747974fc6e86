"""Training: the loop, its checkpoints, and Ray Train around them.

`loop` is the loop; its parts are `batches`, `validation`, `history`, `resuming`, `divergence`, `precision` and
`randomness`. `ray_train` runs it in workers, with `batch_norm` over all of them, and `elastic` says how many there are.
`inputs`, `runs`, `own_runs` and `checkpoints` say where checkpoints lie and who deletes them. `results` writes what a
training leaves, and `metrics` computes its numbers.
"""
