"""L_rec, what separates a plain VAE from a deep feature consistent one: one file for each `loss.reconstruction`.

Each has a function `build`, of the variant's loss and the path of its loss network, which returns a module. That is
called with (reconstruction, image), both N×3×H×W in -1 … 1, and returns the named terms of L_rec, each a float32 scalar
averaged over the batch; and the weights of KL and of L_rec in the objective.
"""
