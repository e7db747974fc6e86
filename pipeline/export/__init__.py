"""A trained variant as one folder that needs none of this code: ONNX, latent directions, a model card, an example."""
