"""The parameters of params.yaml: their types, how they are read, and the plan's sections that stages read."""
