"""Further terms of the loss: one file for each name that `loss.extra` may have.

Each is called with (reconstruction, image), both N×3×S×S in -1 … 1, and returns a float32 scalar averaged over the
batch. Its keyword arguments are options in params.yaml.
"""
