"""The subcommands of `python -m pipeline` that use a trained variant."""
