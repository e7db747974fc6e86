"""The views of a face: which part of CelebA's aligned image is cut out and scaled to S×S pixels.

One file each, with a function `crop`: RGB image, S, landmarks 5×2 (x, y in its pixels) → uint8 3×S×S.
"""
