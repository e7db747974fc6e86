"""A project with experiments, as Git and DVC's cache keep them: models that were never trained, and made-up numbers."""

import hashlib
import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from pipeline import paths
from pipeline.data import shard_files, shards
from pipeline.data.attributes import no_attributes
from pipeline.models.build import build_model
from pipeline.models.weights_file import write_weights
from tests import tiny

FACES = 12  # test images
CURVES = "epoch,step,learning_rate,kl,relu1_1,loss,valid_loss\n1,5,0.1,9.5,2.5,7,8\n2,10,0.1,8.5,1.5,5,6\n"


class Project:
    """A project in a folder; each `commit` writes the results of one experiment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cache = folder / ".dvc/cache/files/md5"
        for command in (["git", "init", "-q", "-b", "main"], ["git", "config", "user.name", "test"],
                        ["git", "config", "user.email", "test@localhost"]):
            subprocess.run(command, cwd=folder, check=True)
        (folder / ".dvc").mkdir()
        (folder / ".dvc/config").write_text("")
        (folder / ".dvc/.gitignore").write_text("/config.local\n/tmp\n/cache\n")  # as DVC writes it
        (folder / ".gitignore").write_text("/comparison\n")

    def git(self, *arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=self.folder, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def store(self, data: bytes, suffix: str = "") -> str:
        """Put bytes into DVC's cache and return their MD5."""
        md5 = hashlib.md5(data).hexdigest() + suffix
        (self.cache / md5[:2]).mkdir(parents=True, exist_ok=True)
        (self.cache / md5[:2] / md5[2:]).write_bytes(data)
        return md5

    def store_folder(self, folder: Path) -> str:
        listing = [{"md5": self.store(path.read_bytes()), "relpath": str(path.relative_to(folder))}
                   for path in sorted(folder.rglob("*")) if path.is_file()]
        return self.store(json.dumps(listing).encode(), ".dir")

    def forget(self, md5: str) -> None:
        (self.cache / md5[:2] / md5[2:]).unlink()

    def lock(self) -> dict:
        return yaml.safe_load((self.folder / "dvc.lock").read_text())

    def write(self, scratch: Path, variants: dict[str, int], layers: list[str], psnr: float = 20.0,
              faces_seed: int = 0, protocol: str = "test", frechet: tuple[float, float, float] = (10, 9, 11)) -> None:
        """Write params.yaml, metrics and dvc.lock of an experiment, and its results into the cache.

        Args:
            scratch: An empty folder.
            variants: Name → the seed of its weights.
            layers: loss.layers.
            psnr: Of reconstructions.
            faces_seed: Of the test faces.
            protocol: With what samples were compared.
            frechet: The distance of samples, and the ends of its interval.
        """
        params = yaml.safe_load(tiny.PARAMS.read_text())
        params["loss"]["layers"] = layers
        params["variants"] = {name: params["variants"][name] for name in variants}
        write_faces(scratch / "shards", faces_seed)
        stages = {"plan": {"deps": [self.write_file(paths.PARAMS, yaml.safe_dump(params, sort_keys=False))]},
                  "prepare": {"outs": [{"path": "data/shards", "md5": self.store_folder(scratch / "shards")}]}}
        # As in DVC, the cache has no list of the files of this view alone.
        faces = {"path": "data/shards/view=aligned", "md5": f"{faces_seed:032}.dir"}
        for name, seed in variants.items():
            variant = tiny.variant(name, loss={"layers": ["relu1_1"]} if name == "dfc" else None)
            torch.manual_seed(seed)
            model = scratch / "models" / name
            write_weights(model / "model.safetensors", build_model(variant).state_dict(), variant)
            (scratch / "training" / name).mkdir(parents=True)
            (scratch / "training" / name / "epochs.csv").write_text(CURVES.replace("9.5", f"{9.5 + seed}"))
            (scratch / "samples" / name).mkdir(parents=True)
            (scratch / "samples" / name / "protocol.json").write_text(json.dumps({"reference": protocol}))
            stages[f"train@{name}"] = {
                "deps": [{"path": f"code/train/{name}.json", "md5": "0" * 32}, faces],
                "outs": [{"path": f"models/{name}", "md5": self.store_folder(model)},
                         {"path": f"training/{name}", "md5": self.store_folder(scratch / "training" / name)},
                         self.write_file(paths.metrics("train", name), json.dumps({"loss": 5.0 + seed}))]}
            numbers = {"svm": {}, "reconstruction": {"psnr": psnr, "images": FACES} if variant.encodes else None}
            stages[f"evaluate@{name}"] = {
                "outs": [self.write_file(paths.metrics("evaluate", name), json.dumps(numbers))]}
            distance, low, high = frechet
            scores = {"prior": {"frechet_distance": distance, "frechet_distance_low": low,
                                "frechet_distance_high": high, "blur": 0.5 + seed / 10}}
            stages[f"samples@{name}"] = {
                "outs": [{"path": f"samples/{name}", "md5": self.store_folder(scratch / "samples" / name)},
                         self.write_file(paths.metrics("samples", name), json.dumps(scores))]}
        (self.folder / "dvc.lock").write_text(yaml.safe_dump({"schema": "2.0", "stages": stages}))

    def write_file(self, path: Path, text: str) -> dict[str, str]:
        """Write a file that Git keeps, and return its entry in dvc.lock."""
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text)
        return {"path": str(path), "md5": hashlib.md5(text.encode()).hexdigest()}

    def commit(self, message: str) -> str:
        self.git("add", "-A")
        self.git("commit", "-qm", message)
        return self.git("rev-parse", "HEAD")


def write_faces(folder: Path, seed: int) -> None:
    """Write shards of a few test faces."""
    ids = np.array([f"{row}.jpg" for row in range(FACES)])
    shard_files.write_part(folder, "aligned", "test", 0, ids, tiny.faces(FACES, seed), no_attributes(FACES), None,
                           about={})
    (folder / shards.manifest_name("aligned")).write_text(
        json.dumps({"image_size": tiny.SIZE, "images": {"test": FACES}, "attributes": []}))


@pytest.fixture
def project(tmp_path, monkeypatch) -> Project:
    """Main with pvae and dfc, and the branch `layers`, whose dfc has another layer and other weights."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    project = Project(folder)
    project.write(tmp_path / "main", {"pvae": 0, "dfc": 0}, ["relu1_1"])
    project.commit("the first results")
    project.git("checkout", "-qb", "layers")
    project.write(tmp_path / "layers", {"pvae": 0, "dfc": 1}, ["relu2_1"], psnr=21.5)
    project.commit("another layer")
    project.git("checkout", "-q", "main")
    return project
