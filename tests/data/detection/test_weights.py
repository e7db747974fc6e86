import shutil
import zipfile
from pathlib import Path

import pytest
import torch

from pipeline.data.detection.weights import FETCH, FILES, IN_WHEEL, read_networks
from pipeline.errors import InputError

PROJECT = Path(__file__).resolve().parents[3]


def test_a_wheel_and_a_folder_give_the_same(spot_weights, tmp_path):
    wheel = tmp_path / "facenet.whl"
    with zipfile.ZipFile(wheel, "w") as file:
        for name in FILES:
            file.write(spot_weights / name, f"{IN_WHEEL}{name}")
    for ours, theirs in zip(read_networks(wheel), read_networks(spot_weights), strict=True):
        assert not ours.training
        for name, weights in ours.state_dict().items():
            assert torch.equal(weights, theirs.state_dict()[name])


def test_missing_weights_say_how_to_fetch_them(tmp_path):
    with pytest.raises(InputError, match="does not exist; `make detector` fetches them"):
        read_networks(tmp_path / "none.whl")
    assert f"\n{FETCH.removeprefix('make ')}: " in (PROJECT / "Makefile").read_text()
    assert (PROJECT / "requirements-detector.lock").read_text().startswith("facenet-pytorch==2.6.0 ")


def swap(folder: Path) -> None:
    shutil.copy(folder / "onet.pt", folder / "rnet.pt")


@pytest.mark.parametrize("damage", [
    swap,
    lambda folder: (folder / "pnet.pt").unlink(),
    lambda folder: (folder / "pnet.pt").write_bytes(b""),
    lambda folder: (folder / "pnet.pt").write_bytes(b"<html>"),
    lambda folder: (folder / "onet.pt").write_bytes((folder / "onet.pt").read_bytes()[:9000]),
    lambda folder: torch.save([1, 2], folder / "onet.pt"),
    lambda folder: torch.save(torch.nn.Linear(1, 1), folder / "onet.pt"),
], ids=["swapped", "absent", "empty", "page", "cut", "list", "module"])
def test_another_folder_is_refused_in_one_sentence(spot_weights, damage):
    damage(spot_weights)
    with pytest.raises(InputError, match="does not hold MTCNN's pnet.pt, rnet.pt, onet.pt as the wheel"):
        read_networks(spot_weights)


@pytest.mark.parametrize("content", [b"", b"<html>quota</html>"])
def test_another_file_is_refused_in_one_sentence(tmp_path, content):
    (tmp_path / "some.whl").write_bytes(content)
    with pytest.raises(InputError, match="some.whl does not hold MTCNN's") as refused:
        read_networks(tmp_path / "some.whl")
    assert "delete" not in str(refused.value)  # it may be a file of the user's


def test_another_wheel_is_refused_in_one_sentence(tmp_path):
    with zipfile.ZipFile(tmp_path / "some.whl", "w") as file:
        file.writestr("other/__init__.py", "")
    with pytest.raises(InputError, match="some.whl does not hold MTCNN's"):
        read_networks(tmp_path / "some.whl")
