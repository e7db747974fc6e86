"""The models that are trained: one file, with one class, for each `model.architecture`.

Each class is made from latent_dim, image_size, channels and the arguments in model.options. It has what
`pipeline.models.interface.Model` declares.
"""
