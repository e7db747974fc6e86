"""What a trained encoder yields (latents of images), and what is computed from it: attribute vectors and samples."""
