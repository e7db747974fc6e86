"""A trained variant at work, for notebooks and the command line: encode, decode, edit, interpolate, sample, predict.

    from pipeline.inference import load

    faces = load("dfc")
    faces.edit("face.jpg", Smiling=2).save("smiling.png")

It needs neither DVC nor Ray nor MLflow, and to import it is quick: torch is loaded with the first variant.
"""

from pipeline.inference.loading import load, trained_variants
from pipeline.inference.pictures import sheet

__all__ = ["load", "sheet", "trained_variants"]
