"""The views of a face. A view cuts a part out of CelebA's aligned image and scales it to S×S pixels.

Each view is a file with a function `crop`: RGB image, S, landmarks 5×2 (x, y in its pixels) → uint8 3×S×S.
"""
