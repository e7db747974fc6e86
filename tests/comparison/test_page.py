"""The page of experiments that Git and DVC's cache have: what stands on it, and what is left out with a reason."""

import base64
import io
import re

import numpy as np
import pytest
import yaml
from PIL import Image

from pipeline.comparison.__main__ import main
from pipeline.comparison.faces import FACES
from pipeline.comparison.gathering import gather
from pipeline.data import shards
from pipeline.latent_space.sampling import sample_prior
from pipeline.models.numpy_functions import decode_function, reconstruct_function
from pipeline.models.weights_file import load_trained


def images_of(picture: str) -> np.ndarray:
    """Return the images of a strip, uint8 N×3×S×S."""
    row = np.asarray(Image.open(io.BytesIO(base64.b64decode(picture.partition(",")[2]))))
    side = row.shape[0]
    return row.reshape(side, -1, side, 3).transpose(1, 3, 0, 2)


def test_faces_are_those_of_each_experiments_own_weights(project, tmp_path):
    pvae, dfc = sorted(gather(["main", "layers"]).faces, key=lambda one: one.is_same, reverse=True)
    assert (pvae.variant, pvae.is_same) == ("pvae", True) and (dfc.variant, dfc.is_same) == ("dfc", False)
    assert [strip.places for strip in pvae.samples] == [(0, 1)]  # drawn once
    assert [strip.places for strip in dfc.samples] == [(0,), (1,)]
    rows = np.sort(np.random.default_rng(0).choice(12, FACES, replace=False))
    faces = shards.pixels_at(tmp_path / "main/shards", "aligned", "test", rows)
    reconstructions, = dfc.reconstructions
    np.testing.assert_array_equal(images_of(reconstructions.photographs), faces)
    z = sample_prior(FACES, 4, 0)
    drawn = []
    for place, name in enumerate(("main", "layers")):
        model, _ = load_trained(tmp_path / name / "models/dfc/model.safetensors")
        drawn.append(reconstruct_function(model)(faces))
        np.testing.assert_array_equal(images_of(reconstructions.strips[place].picture), drawn[-1])
        np.testing.assert_array_equal(images_of(dfc.samples[place].picture), decode_function(model)(z))
    apart = np.abs(drawn[0].astype(int) - drawn[1]).mean()
    assert reconstructions.strips[0].apart is None and reconstructions.strips[1].apart == pytest.approx(apart)


def test_parameters_are_compared_as_the_variants_resolve_them(project):
    parameters = gather(["main", "layers"]).parameters
    layers, = parameters.different  # the references of both layers follow from it
    assert (layers.name, layers.variants, layers.values) == ("loss.layers", ("dfc",), ("relu1_1", "relu2_1"))
    assert parameters.equal > 80 and parameters.absent == [] and parameters.code == []


def test_numbers_say_better_or_worse_only_where_a_direction_is_known_and_intervals_do_not_overlap(project, tmp_path):
    project.git("checkout", "-qb", "wide")
    project.write(tmp_path / "wide", {"pvae": 0, "dfc": 2}, ["relu1_1"], psnr=19.0, frechet=(10.5, 9.5, 11.5))
    project.commit("the same layer")
    project.git("checkout", "-qb", "near")
    project.write(tmp_path / "near", {"pvae": 0, "dfc": 3}, ["relu1_1"], frechet=(7, 6.5, 7.5))
    project.commit("nearer")
    project.git("checkout", "-qb", "protocol")
    project.write(tmp_path / "protocol", {"pvae": 0, "dfc": 3}, ["relu1_1"], frechet=(7, 6.5, 7.5), protocol="valid")
    project.commit("other photographs")

    def verdicts(*names: str) -> dict[str, list[str]]:
        return {f"{table.stage} {table.variant} {metric.name}": [value.verdict for value in metric.values]
                for table in gather(names).metrics for metric in table.metrics}

    found = verdicts("main", "layers", "wide", "near")
    assert found["evaluate dfc reconstruction.psnr"] == ["", "better", "worse", ""]
    assert found["samples dfc prior.frechet_distance"] == ["", "", "within the interval", "better"]
    assert found["samples dfc prior.blur"] == found["train dfc loss"] == ["", "", "", ""]
    assert not any(name.endswith(("_low", "_high")) or "images" in name for name in found)
    notes = {table.stage: table.notes for table in gather(["main", "protocol"]).metrics if table.variant == "dfc"}
    assert "the protocols differ in reference" in notes["samples"][0]
    assert verdicts("main", "protocol")["samples dfc prior.frechet_distance"] == ["", ""]


def test_experiments_on_other_images_show_their_own_faces_and_no_differences(project, tmp_path):
    project.write(tmp_path / "other", {"pvae": 0, "dfc": 2}, ["relu1_1"], psnr=30.0, faces_seed=5)
    comparison = gather(["layers", "workspace"])
    assert comparison.face_groups == [[0], [1]] and not comparison.same_data
    dfc, = (faces for faces in comparison.faces if faces.variant == "dfc")
    photographs = [images_of(group.photographs) for group in dfc.reconstructions]
    assert (photographs[0] != photographs[1]).any()
    assert [[strip.places for strip in group.strips] for group in dfc.reconstructions] == [[(0,)], [(1,)]]
    values = [value for table in comparison.metrics for metric in table.metrics for value in metric.values]
    assert values and all(value.difference is None and not value.verdict for value in values)
    main(["layers", "workspace"])
    assert "were trained on other images" in (project.folder / "comparison/index.html").read_text()


def test_what_is_not_in_the_cache_is_said_and_the_rest_is_shown(project):
    lock = yaml.safe_load(project.git("show", "layers:dvc.lock"))
    weights, training = (out["md5"] for out in lock["stages"]["train@dfc"]["outs"][:2])
    project.forget(weights)
    project.forget(training)
    comparison = gather(["main", "layers"])
    dfc, = (faces for faces in comparison.faces if faces.variant == "dfc")
    assert dfc.samples[0].picture and dfc.samples[1].picture == ""
    assert dfc.samples[1].note.startswith("models/dfc of layers is not in DVC's cache: `dvc fetch --all-commits`")
    curves, = comparison.curves
    commit = project.git("rev-parse", "layers")
    project.git("update-ref", f"refs/exps/{commit[:2]}/{commit[2:]}/mine", commit)  # as `dvc exp run` names it
    assert "`dvc exp pull REMOTE mine`" in gather(["main", "mine"], ["dfc"]).faces[0].samples[1].note
    assert curves.panels and "training/dfc of layers is not in DVC's cache" in curves.notes[0]


def test_the_page_needs_no_other_file_and_leaves_the_working_tree_as_it_was(project, capsys):
    commit = project.git("rev-parse", "layers")
    # As `dvc exp run` names an experiment.
    project.git("update-ref", f"refs/exps/{commit[:2]}/{commit[2:]}/mine", commit)
    before = project.git("rev-parse", "HEAD"), project.git("status", "--porcelain")
    main(["main", "mine", "--variant", "dfc"])
    assert (project.git("rev-parse", "HEAD"), project.git("status", "--porcelain")) == before == (before[0], "")
    said = capsys.readouterr().out
    assert "comparison/index.html: mine against main: 1 parameter and the weights of 1 variant (dfc) differ" in said
    page = (project.folder / "comparison/index.html").read_text()
    assert not re.search(r'(src|href)="(?!data:|#)', page) and "pvae" not in page
    assert page.count("<svg") == 3 and "relu2_1" in page and "another layer" in page and "Better" in page
