"""The models that are trained: one file for each `model.architecture`.

Each is made from latent_dim, image_size, channels and model.options, has attributes latent_dim and image_size, and a
method decode; one that is trained with a reconstruction loss also has encode. See VAE.
"""
