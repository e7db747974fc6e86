"""Finding a trained variant by its name or its weights file, and loading it."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pipeline import paths
from pipeline.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from pipeline.config.variant import Variant
    from pipeline.inference.trained import TrainedVariant

LFS_NOTE = b"version https://git-lfs"  # a file begins so that Git has checked out without Git LFS
REMEDY = "train variants with `make repro`, get trained ones with `dvc pull`, or give a weights file, model.safetensors"


class Found(NamedTuple):
    """Where the parts of a trained variant lie."""

    weights: Path
    project: Path | None  # the project's folder, which has attribute vectors, SVMs and a mixture; None for none


def load(variant: str | Path, project: str | Path | None = None) -> "TrainedVariant":
    """Load a trained variant.

    Its weights file is enough to encode, decode, reconstruct, interpolate and sample from the prior. Attribute vectors,
    SVMs and the mixture are read from the project when they are asked for.

    Args:
        variant: its name, such as "dfc"; or a model.safetensors, or the folder that holds one.
        project: the project's folder. By default that of the weights file, if it lies in models/<variant>/ of one, or
            for a name the nearest folder with a dvc.yaml, from the current one upwards.

    Returns:
        The variant. It computes on a GPU if torch can use one.

    Raises:
        InputError: there is no such variant or file, the file is no weights file of this pipeline, or its architecture
            cannot be loaded.
    """
    found = find(variant, project)
    architecture = configuration_of(found.weights).model.architecture
    from pipeline.hardware.gpu import best_device  # torch takes seconds to import
    from pipeline.inference.trained import TrainedVariant
    from pipeline.models.weights_file import load_trained

    device = best_device()
    try:
        model, configuration = load_trained(found.weights, device)
    except InputError:
        raise
    except Exception as error:  # an architecture of one's own may raise anything
        raise InputError(f"{found.weights} cannot be loaded, since its architecture {architecture} fails "
                         f"({type(error).__name__}: {(str(error).splitlines() or [''])[0]}); mend "
                         f"pipeline/models/architectures/{architecture}.py") from error
    return TrainedVariant(model, configuration, found.weights, found.project)


def configuration_of(weights: Path) -> "Variant":
    """Return the configuration in a weights file; raise InputError where it is no such file."""
    with weights.open("rb") as file:
        if file.read(len(LFS_NOTE)) == LFS_NOTE:
            raise InputError(f"{weights} is a note of Git LFS in place of the weights; run `git lfs pull`")
    from pipeline.models.weights_file import read_configuration

    return read_configuration(weights)


def trained_variants(project: str | Path | None = None) -> dict[str, Path]:
    """Return the weights file of each trained variant of a project by the variant's name, sorted.

    Args:
        project: its folder; by default the nearest with a dvc.yaml, from the current one upwards.
    """
    folder = nearest_project() if project is None else Path(project)
    return {path.parent.name: path for path in sorted((folder / paths.MODELS).glob(f"*/{paths.weights('').name}"))}


def nearest_project() -> Path:
    """Return the nearest folder with a dvc.yaml, from the current one upwards; the current one where there is none."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / "dvc.yaml").is_file()), here)


def find(variant: str | Path, project: str | Path | None = None) -> Found:
    """Find the weights file of a variant; the arguments and errors are those of `load`."""
    folder = nearest_project() if project is None else Path(project)
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; give the project's folder, in which models/ lies")
    trained = trained_variants(folder)
    if str(variant) in trained:
        return Found(trained[str(variant)], folder)
    path = Path(variant)
    if path.is_dir() and (path / paths.weights("").name).is_file():
        path /= paths.weights("").name
    if path.is_file():
        return Found(path, _project_of(path) if project is None else folder)
    if isinstance(variant, Path) or len(path.parts) > 1 or path.suffix == ".safetensors":
        raise InputError(f"{variant} does not exist; give the model.safetensors of a trained variant, or its name")
    if not trained:
        raise InputError(f"{folder / paths.MODELS} has no trained variant; {REMEDY}")
    raise InputError(f"{folder / paths.MODELS} has no trained variant {variant}{did_you_mean(str(variant), trained)}; "
                     f"there are {', '.join(trained)}")


def _project_of(weights: Path) -> Path | None:
    """Return the folder of the project in which a weights file lies as `paths.weights` says, or None."""
    weights = weights.resolve()
    folder = weights.parents[2] if len(weights.parents) > 2 else None
    return folder if folder and weights == folder / paths.weights(weights.parent.name) else None
