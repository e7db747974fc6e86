"""torch-fidelity: the package that has the networks of LPIPS and of FID."""

from importlib.util import find_spec

from pipeline.errors import InputError


def check_installed(parameter: str, score: str) -> None:
    """Raise InputError unless torch-fidelity is installed; it is not imported.

    Args:
        parameter: the dotted path of the parameter that needs it.
        score: what is measured with it, such as "FID".
    """
    if find_spec("torch_fidelity") is None:
        raise InputError(f"{parameter} needs the package torch-fidelity; install it, or set {parameter} to data/none "
                         f"to leave {score} out")
