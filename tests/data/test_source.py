"""Every split has at least two images, and that is known before any work."""

import shutil

import pytest

from pipeline.config.loading import load_params
from pipeline.config.plans import DatasetPlan
from pipeline.data.dataset import Dataset, Given
from pipeline.data.source import open_source
from pipeline.data.splits import Splitting
from pipeline.drawn_faces.before_drawing import check_splits_before_drawing
from pipeline.drawn_faces.dataset import write_dataset
from pipeline.errors import InputError
from tests import tiny
from tests.data.conftest import draw_celeba


def opened(root, **splitting) -> Dataset:
    return open_source("celeba", Given(root, Splitting(**{"valid_images": 3, **splitting})))


def draw_without(split: int, root):
    """Draw CelebA with a partition that has no image of a split; they are training images instead."""
    draw_celeba(root, images=10)
    table = root / "list_eval_partition.txt"
    table.write_text(table.read_text().replace(f" {split}\n", " 0\n" if split else " 1\n"))
    return root


@pytest.mark.parametrize(("split", "counts"), [(0, "0 train, 8 valid, 2 test"), (1, "8 train, 0 valid, 2 test"),
                                               (2, "7 train, 3 valid, 0 test")])
def test_a_partition_without_a_split_is_refused_with_the_counts(tmp_path, split, counts):
    with pytest.raises(InputError, match=f"split into {counts}, and each of the three needs at least 2; mend "
                                         "list_eval_partition, or set data.test to a number") as refused:
        opened(draw_without(split, tmp_path))
    assert "\n" not in str(refused.value)
    assert set(opened(tmp_path, test=2).split) == {"train", "valid", "test"}


def test_a_limit_that_leaves_too_few_is_refused(tmp_path):
    root = draw_celeba(tmp_path, images=10)
    with pytest.raises(InputError, match="split into 1 train, 1 valid, 0 test, .*; raise or drop data.limit, "
                                         "or mend list_eval_partition, or set data.test"):
        opened(root, limit=2)
    with pytest.raises(InputError, match="split into 5 train, 3 valid, 1 test, .*at least 2"):
        opened(root, limit=9)
    with pytest.raises(InputError, match="raise or drop data.limit, or change data.test and data.valid_images"):
        opened(root, test=2, valid_images=2, limit=4)
    with pytest.raises(InputError, match="into 8 train, 1 valid, 1 test, .*; set data.test and data.valid_images"):
        opened(root, test=1, valid_images=1, limit=100)
    assert len(opened(root, limit=10)) == 10


@pytest.mark.parametrize("changes", [{"limit": 5}, {"limit": 30}, {"test": 5}, {"test": 58}, {"test": 5, "limit": 6},
                                     {}])
def test_drawn_faces_are_refused_before_they_are_drawn_as_they_would_be_afterwards(tmp_path, changes):
    splitting = Splitting(**{"valid_images": 3, **changes})

    def refusal(check) -> str:
        try:
            check()
        except InputError as error:
            return str(error)
        return ""

    before = refusal(lambda: check_splits_before_drawing(60, splitting))
    write_dataset(tmp_path, 60, 0, processes=1, progress=False)
    assert before == refusal(lambda: open_source("synthetic", Given(tmp_path, splitting)))
    assert bool(before) == (changes in ({"limit": 5}, {"test": 58}, {"test": 5, "limit": 6}))


def test_the_stage_refuses_before_it_draws(tmp_path, monkeypatch):
    from stages import dataset

    monkeypatch.chdir(tmp_path)
    shutil.copy(tiny.PARAMS, "params.yaml")
    tiny.write_code()
    (tmp_path / "plan/pipeline").mkdir(parents=True, exist_ok=True)
    data = {name: value for name, value in dict(load_params(tiny.PARAMS).data).items() if name != "image_size"}
    plan = DatasetPlan(**data | {"attributes": None, "landmarks": None, "detector": None, "synthetic_images": 60,
                                 "valid_images": 3, "limit": 5}, seed=0)
    (tmp_path / "plan/pipeline/dataset.json").write_text(plan.model_dump_json())
    monkeypatch.setattr(dataset, "write_dataset", lambda *arguments: pytest.fail("faces are drawn"))
    with pytest.raises(InputError, match="each of the three needs at least 2"):
        dataset.main()
