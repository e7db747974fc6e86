"""Pictures that a training takes, as images of a run: MLflow's UI shows runs × keys, with a slider over the steps."""

import re
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mlflow import MlflowClient

FOLDER, TAG = "images", "mlflow.loggedImages"  # where MLflowClient.log_image writes, and the tag by which the UI looks
NAME = re.compile(r"(.+)[+%]step[+%](\d+)[+%]timestamp.*?([+%]compressed)?\.(png|webp)")  # of its files


class Picture(NamedTuple):
    """A picture of one step."""

    key: str  # in the UI: reconstructions, samples
    step: int
    png: bytes
    at: int   # when it came, in milliseconds since the epoch


Known = set[tuple[str, int]]  # key and step of pictures


class LoggedPictures:
    """Which pictures a run has; None where it was not asked yet."""

    def __init__(self) -> None:
        self.known: Known | None = None


def known_pictures(connection: "MlflowClient", run_id: str) -> Known:
    """Return which pictures a run has, and complete one that was cut off.

    MLflow stores a picture, then a small copy of it for the grid, then a tag of the run.
    """
    names = [Path(file.path).name for file in connection.list_artifacts(run_id, FOLDER)]
    matches = [match for name in names if (match := NAME.fullmatch(name))]
    whole, small = ({match.group(1, 2): match[0] for match in matches if bool(match[3]) == copy}
                    for copy in (False, True))
    for picture in whole.keys() - small.keys():
        add_small_copy(connection, run_id, whole[picture])
    if whole and TAG not in connection.get_run(run_id).data.tags:
        connection.set_tag(run_id, TAG, "True")
    return {(key, int(step)) for key, step in whole}


def add_small_copy(connection: "MlflowClient", run_id: str, name: str) -> None:
    """Store the small copy of a picture that a run has by this name."""
    import mlflow
    from mlflow.tracking.multimedia import compress_image_size

    with tempfile.TemporaryDirectory() as folder:
        picture = mlflow.Image(connection.download_artifacts(run_id, f"{FOLDER}/{name}", folder)).to_pil()
        mark = "+" if "+step+" in name else "%"
        small = Path(folder) / f"{Path(name).stem}{mark}compressed.webp"
        compress_image_size(picture).save(small)
        connection.log_artifact(run_id, str(small), FOLDER)


def log_picture(connection: "MlflowClient", run_id: str, picture: Picture, logged: LoggedPictures) -> None:
    """Log a picture, unless the run has it.

    Args:
        connection: For the store.
        run_id: MLflow's id of the run.
        picture: What to log.
        logged: What the run has. Updated here; asked for where it is not known. Forgotten when a request fails, since
            it may have been carried out all the same.
    """
    import mlflow

    try:
        if logged.known is None:
            logged.known = known_pictures(connection, run_id)
        if picture[:2] in logged.known:
            return
        with tempfile.NamedTemporaryFile(suffix=".png") as file:
            file.write(picture.png)
            file.flush()
            connection.log_image(run_id, mlflow.Image(file.name), key=picture.key, step=picture.step,
                                 timestamp=picture.at, synchronous=True)
        logged.known.add(picture[:2])
    except Exception:
        logged.known = None
        raise


def pictures_of(folder: Path) -> list[Picture]:
    """Return the pictures that lie in a folder as <key>/<step>.png, by step."""
    now = int(time.time() * 1000)
    paths = sorted(folder.glob("*/*.png"), key=lambda path: (int(path.stem), path.parent.name))
    return [Picture(path.parent.name, int(path.stem), path.read_bytes(), now) for path in paths]
