"""Second networks that judge images, and what each of the two players minimises: one file for each `adversary.kind`.

All are made from image_size, channels and weight, and what else their section of params.yaml sets, and have the same
three methods. `judged` is a list of batches of images that the model made: reconstructions and samples, or samples
alone. Numbers are float32 scalars, terms are named and unweighted.
"""
