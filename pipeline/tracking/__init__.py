"""MLflow: a run for each training, a record for what is computed from it, and a record for the report.

From bottom to top:

- errors, notices: what an error of MLflow means; lines on stderr.
- store, waiting: where runs are kept; repeating a call while the server is away.
- experiments, runs: what all kinds of runs have. `runs.find_or_create_run` creates every run.
- rows, live, training_run: a training, while it runs and as it ends.
- contents, results, keys: records of a variant's results and of the report, and the key that identifies each.
- training_completion: what a training's run still lacks when training has ended.
"""

import logging
import os

# MLflow reads these when it is imported.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "ERROR")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")  # we retry, and first look what was carried out
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")
for noisy in ("alembic", "mlflow", "mlflow.store.db.utils"):
    logging.getLogger(noisy).setLevel(logging.ERROR)
