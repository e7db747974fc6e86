"""The pipeline as a Ray job, in the copy of a checkout that `ray job submit --working-dir .` makes.

    python -m pipeline.cluster.job repro
    python -m pipeline.cluster.job exp run -S train.epochs=8       any command of DVC that runs stages
    python -m pipeline.cluster.job results JOB                     in a checkout, afterwards: fetch what a job has made
    python -m pipeline.cluster.job environment                     in a checkout, before: print what --runtime-env takes

Variables:

    DVC_REMOTE_URL       where results go to and come from: a path or URL that DVC knows as a remote
    MLFLOW_TRACKING_URI  the MLflow server
    GIT_COMMIT           the commit of the checkout, for MLflow
    GIT_REMOTE_URL       optional: a Git remote that has this commit. A job's experiment is pushed there too, for
                         `dvc exp pull`
"""
