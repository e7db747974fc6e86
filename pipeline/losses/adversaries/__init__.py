"""The adversaries: one file, with one class, for each `adversary.kind`.

Each class is an `Adversary`, made from image_size, channels, weight and the further arguments in its section of
params.yaml.
"""
