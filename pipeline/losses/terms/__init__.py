"""Further terms of the loss: one file, with one class, for each name in `loss.extra`.

Each class is a module. It is called with (reconstruction, image), both N×3×S×S in -1 … 1, and returns a float32 scalar
averaged over the batch. Its keyword arguments are options in params.yaml.
"""
