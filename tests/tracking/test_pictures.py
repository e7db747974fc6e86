"""A training's pictures in its run: each once, whatever was cut off, and where MLflow's pages look for them."""

import io

import pytest
import requests
from PIL import Image

from pipeline.tracking import store, training_run
from pipeline.tracking.pictures import NAME, TAG, LoggedPictures, Picture, known_pictures, log_picture, pictures_of
from pipeline.tracking.rows import TimedRow, first_request
from tests.tracking.conftest import artifacts, get, history, start_run, steps


def png(grey: int, size: tuple[int, int] = (262, 262)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, (grey,) * 3).save(file, "png")
    return file.getvalue()


PICTURES = [Picture(key, step, png(step), 1000 + step) for step in (2, 16, 100)
            for key in ("reconstructions", "samples")]


def logged(config, run_id) -> list[tuple[str, int, bool]]:
    """Return key, step and whether it is the small copy, of each file of the run's images, sorted."""
    matches = [NAME.fullmatch(path.removeprefix("images/")) for path in artifacts(config, run_id, "images")]
    return sorted((match[1], int(match[2]), bool(match[3])) for match in matches)


EXPECTED = sorted((*picture[:2], small) for picture in PICTURES for small in (False, True))


def test_each_picture_is_there_once_live_and_at_the_end(config):
    run_id = start_run(config)
    for last in (2, 4):  # the second time after a resume from an early checkpoint
        logger = training_run.live_logger(config, run_id)
        logger.on_steps(steps(1, 3))
        logger.on_pictures([picture[:3] for picture in PICTURES[:last]])
        logger.close()
        assert len(logged(config, run_id)) == 2 * last
    for _ in range(2):
        training_run.log_missing_pictures(config, run_id, PICTURES)
        assert logged(config, run_id) == EXPECTED
    assert history(config, run_id, "step/loss") == [(step, 1 / step) for step in (1, 2, 3)]
    assert get(config, run_id).data.tags[TAG] == "True"


def test_a_picture_is_stored_as_it_is(config, tmp_path):
    run_id = start_run(config)
    log_picture(store.client(config), run_id, PICTURES[1], LoggedPictures())
    whole, small = sorted(artifacts(config, run_id, "images"), key=lambda name: "compressed" in name)
    for name, size in ((whole, (262, 262)), (small, (256, 256))):
        file = Image.open(store.client(config).download_artifacts(run_id, name, str(tmp_path)))
        assert file.size == size and file.convert("RGB").getpixel((10, 10)) == (2, 2, 2)
    assert "+timestamp+1002+" in whole


@pytest.mark.parametrize("call", ["log_image", "_log_artifact_helper", "set_tag"])
def test_a_picture_that_was_cut_off_is_completed_and_not_stored_twice(config, monkeypatch, call):
    """After the whole of it, after the file in full size, and after both files."""
    from mlflow import MlflowClient

    run_id, calls, original = start_run(config), [], getattr(MlflowClient, call)

    def fails_once(*arguments, **options):
        calls.append(call)
        if call == "set_tag" and len(calls) == 1:
            raise requests.ConnectionError
        done = original(*arguments, **options)
        if call == "log_image" and len(calls) == 1:
            raise requests.ConnectionError
        return done

    if call == "_log_artifact_helper":  # a context manager: the second one is that of the small copy
        def fails_once(*arguments, **options):
            calls.append(call)
            if len(calls) == 2:
                raise requests.ConnectionError
            return original(*arguments, **options)

    monkeypatch.setattr(MlflowClient, call, fails_once)
    training_run.log_missing_pictures(config.model_copy(update={"patience": 60}), run_id, PICTURES[:2])
    assert len(calls) >= 2 and logged(config, run_id) == [entry for entry in EXPECTED if entry[1] == 2]
    assert get(config, run_id).data.tags[TAG] == "True"


def test_pictures_of_earlier_versions_of_mlflow_are_known(config, tmp_path):
    run_id = start_run(config)
    for name in ("samples%step%7%timestamp%1%abc.png", "samples%step%7%timestamp%1%abc%compressed.webp"):
        Image.new("RGB", (8, 8)).save(tmp_path / name)
        store.client(config).log_artifact(run_id, str(tmp_path / name), "images")
    assert known_pictures(store.client(config), run_id) == {("samples", 7)}


def test_pictures_are_read_from_their_folder_by_step(tmp_path):
    for picture in PICTURES:
        (tmp_path / picture.key).mkdir(exist_ok=True)
        (tmp_path / picture.key / f"{picture.step}.png").write_bytes(picture.png)
    assert [picture[:3] for picture in pictures_of(tmp_path)] == [picture[:3] for picture in PICTURES]
    assert pictures_of(tmp_path / "none") == []


def test_a_picture_has_a_request_of_its_own():
    row = TimedRow("step/", steps(1, 1)[0], 0)
    assert first_request([row, row, PICTURES[0], row]) == [row, row]
    assert first_request([PICTURES[0], PICTURES[1], row]) == [PICTURES[0]]
