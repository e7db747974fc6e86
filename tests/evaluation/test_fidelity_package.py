"""torch-fidelity, where it is not installed."""

import pytest

from pipeline.errors import InputError
from pipeline.evaluation import fidelity_package
from pipeline.evaluation.inception import read_inception
from pipeline.evaluation.lpips import read_lpips


@pytest.mark.parametrize(("read", "said"), [
    (read_lpips, "evaluate.lpips needs the package torch-fidelity; install it, or set evaluate.lpips to data/none to "
                 "leave LPIPS out"),
    (read_inception, "sampling.inception needs the package torch-fidelity; install it, or set sampling.inception to "
                     "data/none to leave FID out")])
def test_without_the_package_one_sentence_says_what_needs_it(monkeypatch, read, said):
    monkeypatch.setattr(fidelity_package, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=f"^{said}$"):
        read("weights.pth")
