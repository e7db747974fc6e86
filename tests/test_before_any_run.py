"""Real DVC in a clone in which nothing has run: experiments that are refused, and data that change."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clone import clone as make_clone
from tests.clone import dvc, run, set_params
from tests.data.conftest import draw_celeba
from tests.test_pipeline import TINY, ran

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> Path:
    return make_clone(tmp_path_factory.mktemp("plain") / "project", {"dfc"}, **TINY)


@pytest.fixture
def plain(clone) -> Iterator[Path]:
    """The clone. What Git knows is restored when the test ends."""
    yield clone
    run(clone, "git", "checkout", "-q", "--", ".")


def test_a_wrong_layer_is_refused_in_one_sentence(plain):
    output = dvc(plain, "exp", "run", "-S", "loss.layers=relu9_9", ok=False)
    assert "relu9_9 is not a layer of VGG-19" in output
    assert "Traceback" not in output and ran(output) == {"plan"}


def test_an_experiment_in_a_copy_says_that_git_lacks_a_file(plain):
    term = plain / "pipeline/losses/terms/mine.py"
    term.write_text("import torch\n\n\nclass Mine(torch.nn.Module):\n    pass\n")
    try:
        said = dvc(plain, "exp", "run", "--temp", "-S", "+loss.extra.mine={weight: 1}", "plan", ok=False)
    finally:
        term.unlink()
    assert "is mine, which is neither one of total_variation nor a file of your own" in said
    assert "a copy that has only Git's files: add it to Git" in said and "Traceback" not in said


def test_an_image_replaced_by_another_of_equal_size_reruns_the_data(plain, tmp_path):
    root = draw_celeba(tmp_path / "celeba", images=40, pictures="folder")
    first, second = (root / "img_align_celeba" / f"00000{number}.jpg" for number in (1, 2))
    longest = max(first.stat().st_size, second.stat().st_size)
    for path in (first, second):
        path.write_bytes(path.read_bytes().ljust(longest, b"\0"))
    set_params(plain, "data", source="celeba", root=str(root))
    dvc(plain, "repro", "prepare")
    assert ran(dvc(plain, "repro", "prepare")) == set()
    shutil.copy(second, first)
    assert ran(dvc(plain, "repro", "prepare")) == {"dataset", "prepare"}
