"""python -m pipeline edit, reconstruct, interpolate, sample, predict and variants."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from pipeline.__main__ import COMMANDS
from pipeline.errors import InputError
from pipeline.inference import load, sheet
from pipeline.inference.commands import command
from pipeline.inference.commands.strengths import split_strengths
from tests import tiny

S = tiny.SIZE


@pytest.fixture
def run(project, tmp_path, monkeypatch, capsys):
    """Return a function that runs a command line with the project in a folder with two faces, and returns its lines."""
    monkeypatch.chdir(tmp_path)
    for name in ("face.jpg", "other.png"):
        (tmp_path / name).write_bytes((project.folder / name).read_bytes())

    def run(*arguments: str, in_project: bool = True) -> list[str]:
        command.run(COMMANDS, [*arguments, *(["--project", str(project.folder)] if in_project else [])])
        return capsys.readouterr().out.splitlines()

    return run


def equal(path, picture: Image.Image) -> bool:
    return np.array_equal(np.asarray(Image.open(path)), np.asarray(picture))


def test_edit_writes_what_python_returns(run, project, tmp_path):
    faces = load("dfc", project.folder)
    said = run("edit", "face.jpg", "--variant", "dfc", "--Smiling", "2", "--5_o_Clock_Shadow=-1.5", "-o", "out.png",
               "--zoom", "1")
    assert said == ["out.png: 1 face of 32×32 pixels, by dfc (Smiling +2, 5_o_Clock_Shadow -1.5)"]
    assert equal("out.png", faces.edit("face.jpg", {"Smiling": 2, "5_o_Clock_Shadow": -1.5}))
    said = run("edit", "--Male", "-2", "0", "2", "face.jpg", "other.png", "--Smiling", "1")
    assert said == ["edit.png: 6 faces of 32×32 pixels, enlarged 4 times, by dfc (Male -2 0 +2, Smiling +1)"]
    rows = faces.edit(["face.jpg", "other.png"], Male=[-2, 0, 2], Smiling=1)
    assert equal("edit.png", sheet([*rows[0], *rows[1]], columns=3, zoom=4))
    assert Image.open("edit.png").size == (3 * 4 * S + 2 * 8, 2 * 4 * S + 8)
    assert {path.name for path in tmp_path.iterdir()} == {"face.jpg", "other.png", "out.png", "edit.png"}


def test_the_other_pictures(run, project):
    faces = load("dfc", project.folder)
    assert "above as the encoder sees them, below reconstructed" in run("reconstruct", "face.jpg", "--zoom", "1")[0]
    assert equal("reconstruct.png", sheet([faces.frame("face.jpg"), faces.reconstruct("face.jpg")], 1))
    run("interpolate", "face.jpg", "other.png", "--steps", "3", "--zoom", "1")
    assert equal("interpolate.png", sheet(faces.interpolate("face.jpg", "other.png", 3)))
    run("sample", "--number", "5", "--columns", "3", "--seed", "4", "--source", "mixture", "--zoom", "1")
    assert equal("sample.png", sheet(faces.sample(5, 4, "mixture"), 3))
    run("sample", "--variant", "dcgan", "--zoom", "1")
    assert equal("sample.png", sheet(load("dcgan", project.folder).sample(16), 8))


def test_predict_and_variants_print(run, project):
    head, names, *lines = run("predict", "face.jpg", "other.png")
    assert head == "decision values of dfc's SVMs; above 0 is yes" and names.split() == ["face.jpg", "other.png"]
    predicted = load("dfc", project.folder).predict("face.jpg")
    assert [line.split()[0] for line in lines] == sorted(predicted, key=predicted.__getitem__, reverse=True)
    attributes = len(load("dfc", project.folder).attributes)
    assert run("variants") == [
        "dcgan        32×32 pixels, 4 latent dimensions: sample from the prior",
        f"dfc          32×32 pixels, 4 latent dimensions: reconstruct, interpolate, edit {attributes} attributes, "
        "predict, sample from the prior or the mixture"]


def test_wrong_command_lines_are_refused_in_a_sentence(run, tmp_path):
    (tmp_path / "text.jpg").write_text("a face")
    smile = ("--Smiling", "2")
    for arguments, message in (
            (("edti", "face.jpg"), "no command edti; did you mean edit"),
            (("edit", "face.jpg"), "edit needs an attribute and its strength, as in --Smiling 2"),
            (("edit", "face.jpg", "--Smilling", "2"), "unknown attribute 'Smilling'; did you mean Smiling"),
            (("edit", "face.jpg", "--Smiling"), "--Smiling needs a number behind it, its strength, as in --Smiling 2"),
            (("edit", "face.jpg", "--Smiling", "much"), "as in --Smiling 2; much is none"),
            (("edit", "face.jpg", *smile, "--Smiling", "3"), "--Smiling is there twice"),
            (("edit", "face.jpg", *smile, "--varaint", "dfc"), "no option --varaint; did you mean --variant"),
            (("edit", "face.jpg", *smile, "--variant", "dcgan"), "dcgan has no encoder, so it cannot edit; `python -m "
             "pipeline sample --variant dcgan` works"),
            (("edit", "text.jpg", *smile), "text.jpg in . is damaged or not an image"),
            (("edit", "face.jpg", *smile, "-o", "face.jpg"), "the output face.jpg is a picture that is read"),
            (("edit", "face.jpg", *smile, "-o", "gone/out.png"), "gone, the folder of the output out.png, does not"),
            (("edit", "face.jpg", *smile, "-o", "."), "the output . is a folder"),
            (("edit", "face.jpg", *smile, "-o", "out.txt"), "out.txt does not end in .png"),
            (("edit", "face.jpg", *smile, "--zoom", "5000"), "the output edit.png would have 160,000×160,000 pixels"),
            (("sample", "--number", "100000000"), "would have 1,080×1,699,999,992 pixels, .*; ask for fewer faces"),
            (("interpolate", "face.jpg", "other.png", "--steps", "200", "-o", "a.webp"), "more than WEBP or a viewer"),
            (("reconstruct", "face.jpg", "--zoom", "3000"), "96,000×198,000 pixels")):
        with pytest.raises(InputError, match=message):
            run(*arguments)
    for arguments in (("variants",), ("sample",), ("edit", "face.jpg", *smile)):
        with pytest.raises(InputError, match="models has no trained variant; train variants with `make repro`"):
            run(*arguments, in_project=False)
    assert {path.name for path in tmp_path.iterdir()} == {"face.jpg", "other.png", "text.jpg"}


def test_attribute_options_are_told_from_others():
    others, strengths = split_strengths(
        ["edit", "--A", "-1", "2.5e-1", "face.jpg", "--variant", "dfc", "--B=+3", "-o", "x.png"], {"--variant", "-o"})
    assert others == ["edit", "face.jpg", "--variant", "dfc", "-o", "x.png"]
    assert strengths == {"A": [-1, 0.25], "B": [3]}


def test_the_command_in_a_process_of_its_own(project, tmp_path):
    def pipeline(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "pipeline", *arguments], capture_output=True, text=True)

    listed = pipeline()
    assert listed.returncode == 0 and all(name.name in listed.stdout for name in COMMANDS)
    refused = pipeline("edit", str(tmp_path / "gone.jpg"), "--Smiling", "2", "--project", str(project.folder), "-o",
                       str(tmp_path / "out.png"))
    assert refused.returncode == 1 and refused.stdout == ""
    assert refused.stderr == f"error: {tmp_path / 'gone.jpg'} does not exist; give the path of a picture\n"
