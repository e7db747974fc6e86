"""The reconstruction losses L_rec: one file for each `loss.reconstruction`.

L_rec is what distinguishes a deep feature consistent VAE from a plain one.

Each file has a function `build`. It takes the `loss` of a variant and the path of its loss network, and returns a
module and the weights of KL and of L_rec in the objective. The module is called with (reconstruction, image), both
N×3×H×W in -1 … 1, and returns the terms of L_rec by name, each a float32 scalar averaged over the batch.
"""
