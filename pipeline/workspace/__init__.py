"""The working tree that DVC manages: its folder, Git, `dvc` and dvc.lock, and records of how results were made."""
