"""Which variants are trained in the working tree. Needs no torch, so that a wrong name is refused at once."""

from pipeline import paths
from pipeline.errors import InputError, did_you_mean


def refuse_untrained(name: str) -> None:
    """Raise InputError unless the weights of a variant are there."""
    known = sorted(path.parent.name for path in paths.MODELS.glob("*/model.safetensors"))
    if not known:
        raise InputError("no variant is trained here; run `dvc repro`, or `dvc pull` if the results were made "
                         "elsewhere")
    if name not in known:
        raise InputError(f"there is no trained variant {name!r}{did_you_mean(name, known)}; trained are "
                         f"{', '.join(known)}")
