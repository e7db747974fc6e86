"""The stages dataset and prepare: a disk that is too small is refused before they draw, look at or cut a face."""

import shutil

import pytest

from pipeline.config.loading import load_params
from pipeline.data import space
from pipeline.errors import InputError
from pipeline.plan.resolve import resolve
from stages import dataset, prepare
from tests import tiny
from tests.data.conftest import draw_celeba


@pytest.fixture
def planned(tmp_path, monkeypatch):
    """planned("celeba") makes the plan for 60 faces on the disk, planned("synthetic") for faces to be drawn."""
    monkeypatch.chdir(tmp_path)

    def planned(source: str) -> None:
        shutil.copy(tiny.PARAMS, "params.yaml")
        draw_celeba(tmp_path / "celeba", images=60)
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "none").touch()
        params = load_params()
        data = params.data.model_copy(update={"source": source, "root": "celeba", "test": "official"})
        params = params.model_copy(update={"data": data})
        for stage in (dataset, prepare):
            monkeypatch.setattr(stage, "load_params", lambda: params)
            monkeypatch.setattr(stage, "parallel_map", None)  # no work begins
            monkeypatch.setattr(stage.code, "refuse_unplanned_code", lambda *stages: "")
        monkeypatch.setattr(dataset, "write_dataset", None)
        for name, section in resolve(params).items():
            path = tmp_path / "plan" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(section.model_dump_json())

    return planned


@pytest.mark.parametrize(("source", "needed"), [("synthetic", "data/shards and data/dataset"),
                                                ("celeba", "data/shards")])
def test_a_disk_too_small_is_refused_before_the_work(planned, monkeypatch, source, needed):
    planned(source)
    monkeypatch.setattr(space, "free_bytes", lambda folder: 100_000)
    with pytest.raises(InputError, match=f"^{needed} will need about .* and the disk of data has 100 kB free; free "):
        dataset.main()


def test_prepare_refuses_it_too(planned, monkeypatch):
    planned("celeba")
    faces = dataset.open_source("celeba", dataset.given_by(dataset.read_plan(dataset.DatasetPlan)))
    monkeypatch.setattr(prepare, "checked_faces", lambda plan: (faces, None))
    for path in (prepare.CHECKED_DATASET, prepare.BROKEN_IMAGES):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('{"align": "none", "left_out": {}}')
    monkeypatch.setattr(space, "free_bytes", lambda folder: 100_000)
    with pytest.raises(InputError, match="^data/shards will need about .* the disk of data has 100 kB free"):
        prepare.main()
