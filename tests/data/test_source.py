"""The faces of a plan: every split of them has two images at least, and that is known before any work."""

import pytest

from pipeline.config import DataPlan
from pipeline.data import synthetic
from pipeline.data.before_drawing import check_before_drawing
from pipeline.data.source import open_source
from pipeline.errors import InputError
from tests import tiny
from tests.data.conftest import draw_celeba


def plan(**changes) -> DataPlan:
    return DataPlan(**{"source": "celeba", "root": "", "synthetic_images": 60, "test": "official", "valid_images": 3,
                       "limit": None, "image_size": 64, "seed": 0, **changes})


def without(split: int, root) -> str:
    """CelebA whose partition has no image of a split: they are training images instead."""
    draw_celeba(root, images=10)
    table = root / "list_eval_partition.txt"
    table.write_text(table.read_text().replace(f" {split}\n", " 0\n" if split else " 1\n"))
    return str(root)


@pytest.mark.parametrize(("split", "counts"), [(0, "0 train, 8 valid, 2 test"), (1, "8 train, 0 valid, 2 test"),
                                               (2, "7 train, 3 valid, 0 test")])
def test_a_partition_without_a_split_is_refused_with_the_counts(tmp_path, split, counts):
    with pytest.raises(InputError, match=f"split into {counts}, and each of the three needs at least 2; mend "
                                         "list_eval_partition, or set data.test to a number") as refused:
        open_source(plan(root=without(split, tmp_path)), tmp_path)
    assert "\n" not in str(refused.value)
    numbered = plan(root=str(tmp_path), test=2)  # what the sentence advises
    assert set(open_source(numbered, tmp_path).split) == {"train", "valid", "test"}


def test_a_limit_that_leaves_none_is_refused(tmp_path):
    root = str(draw_celeba(tmp_path, images=10))
    with pytest.raises(InputError, match="split into 1 train, 1 valid, 0 test, .*; raise or drop data.limit, "
                                         "or mend list_eval_partition, or set data.test"):
        open_source(plan(root=root, limit=2), tmp_path)
    with pytest.raises(InputError, match="split into 5 train, 3 valid, 1 test, .*at least 2"):
        open_source(plan(root=root, limit=9), tmp_path)
    with pytest.raises(InputError, match="raise or drop data.limit, or change data.test and data.valid_images"):
        open_source(plan(root=root, test=2, valid_images=2, limit=4), tmp_path)
    with pytest.raises(InputError, match="into 8 train, 1 valid, 1 test, .*; set data.test and data.valid_images"):
        open_source(plan(root=root, test=1, valid_images=1, limit=100), tmp_path)
    assert len(open_source(plan(root=root, limit=10), tmp_path)) == 10


@pytest.mark.parametrize("changes", [{"limit": 5}, {"limit": 30}, {"test": 5}, {"test": 58}, {"test": 5, "limit": 6},
                                     {}])
def test_drawn_faces_are_judged_before_they_are_drawn_as_they_are_afterwards(tmp_path, changes):
    drawn = plan(source="synthetic", **changes)

    def refusal(look) -> str:
        try:
            look()
        except InputError as error:
            return str(error)
        return ""

    before = refusal(lambda: check_before_drawing(drawn))
    synthetic.write_dataset(tmp_path, drawn.synthetic_images, 0, processes=1, progress=False)
    assert before == refusal(lambda: open_source(drawn, tmp_path))
    assert bool(before) == (changes in ({"limit": 5}, {"test": 58}, {"test": 5, "limit": 6}))


def test_the_stage_refuses_before_it_draws(tmp_path, monkeypatch):
    from stages import dataset

    monkeypatch.chdir(tmp_path)
    tiny.write_code()
    (tmp_path / "plan/pipeline").mkdir(parents=True, exist_ok=True)
    text = plan(source="synthetic", limit=5).model_dump_json(exclude={"image_size"})
    (tmp_path / "plan/pipeline/dataset.json").write_text(text)
    monkeypatch.setattr(synthetic, "write_dataset", lambda *arguments: pytest.fail("faces are drawn"))
    with pytest.raises(InputError, match="each of the three needs at least 2"):
        dataset.main()
