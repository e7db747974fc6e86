"""MLflow: a run for each training, a record for what is computed from it, and one for the report.

store: where runs are kept, and waiting for it. runs: what all kinds of runs have. training_run, live: a training, while
it runs and as it ends. results: scores, samples and pictures of a trained variant, and the report.
"""
