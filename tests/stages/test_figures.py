"""The stage figures: which pictures of a variant it draws, with models that were never trained."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from pipeline.config.plans import read_variant
from pipeline.data import shards
from pipeline.data.attributes import no_attributes
from pipeline.figures import of_variant
from pipeline.figures.comparison import whole_rows
from pipeline.latent_space import latents, sampling
from pipeline.latent_space.attribute_vectors import compute_attribute_vectors, write_attribute_vectors
from pipeline.vocabulary import ATTRIBUTES
from stages import figures as stage
from tests import tiny

HISTORY = pd.DataFrame({"epoch": [1, 2], "step": [5, 10], "learning_rate": [0.1, 0.1], "loss": [3.0, 2.0],
                        "adversarial": [3.0, 2.0]})


@pytest.fixture
def draw(planned):
    """draw("dfc", mixture) → the notes, and the names of the pictures that are there then."""
    train = latents.read_latents(planned / "latents/dfc/aligned.parquet", ["train", "valid"])
    _, _, known = shards.load_attributes("data/shards", ["train", "valid"])
    write_attribute_vectors(planned / "attributes/dfc/vectors.parquet", compute_attribute_vectors(train.mu, known, 10))
    for name in ("attributes/dfc/correlation", "attributes/dfc/correlation_labels", "evaluation/dfc/entanglement"):
        (planned / name).parent.mkdir(parents=True, exist_ok=True)
        pd.DataFrame(np.eye(3), ATTRIBUTES[:3], ATTRIBUTES[:3]).to_csv(planned / f"{name}.csv", index_label="attribute")
    pd.DataFrame({"kl": [0.1, 0.2], "deviation": 1.0, "ks": 0.1, "rejected": [True, False]}).to_csv(
        planned / "evaluation/dfc/posterior.csv", index=False)

    def draw(name: str, mixture: sampling.Mixture | None) -> tuple[list[str], set[str]]:
        model = stage.read_model(read_variant(name))._replace(mixture=mixture)
        notes = stage.draw_variant(name, model, HISTORY, 0)
        return notes, {path.name for path in (planned / "figures" / name).iterdir()}

    return draw


def test_an_encoder_has_pictures_of_its_latent_space_and_samples_from_both_sources(draw, planned):
    train = latents.read_latents(planned / "latents/dfc/aligned.parquet", ["train"])
    notes, drawn = draw("dfc", sampling.fit_mixture(train.mu, train.logvar, 2, 100, 0))
    assert drawn == {"curves.png", "prior.png", "mixture.png", "correlation.png", "entanglement.png", "posterior.png",
                     "interpolation.png", "attribute_arithmetic.png", "manipulation.png"}
    for source in ("prior", "mixture"):
        width, height = Image.open(planned / f"figures/dfc/{source}.png").size
        assert width > 8 * 2 * tiny.SIZE and height > 5 * 2 * tiny.SIZE
    assert all(isinstance(note, str) for note in notes)
    prior, mixture = (np.asarray(Image.open(planned / f"figures/dfc/{name}.png")) for name in ("prior", "mixture"))
    assert prior.shape != mixture.shape or (prior != mixture).any()


def test_without_components_there_is_no_mixture(draw):
    assert "mixture.png" not in draw("dfc", None)[1]


def test_a_generator_alone_has_curves_and_samples(draw):
    assert draw("dcgan", None) == ([], {"curves.png", "prior.png"})


@pytest.fixture
def without_attributes(planned, monkeypatch):
    monkeypatch.setattr(stage.by_id, "attributes_of", lambda root, image_ids, splits: no_attributes(len(image_ids)))


def test_without_attributes_one_note_says_which_figures_need_them(draw, without_attributes):
    notes, drawn = draw("dfc", None)
    assert drawn == {"curves.png", "prior.png", "posterior.png", "interpolation.png"}
    assert len(notes) == 2 and "need attributes, and the data set has none" in notes[1]


def test_matrices_show_the_most_frequent_and_need_two_attributes(tmp_path):
    many = [f"a{number}" for number in range(70)]
    matrix, one = (pd.DataFrame(np.eye(len(names)), names, names) for names in (many, many[:1]))
    drawn = []
    stage_of = of_variant.draw_attribute_matrices
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(of_variant, "entanglement", lambda path, values, names: drawn.append(names))
        patch.setattr(of_variant, "correlation", lambda path, matrices, names: drawn.append(names))
        notes = stage_of(tmp_path, matrix.iloc[:5, :5], matrix.iloc[:5, :5], matrix, many[::-1])
    assert drawn == [many[:5], many[10:]], "in the order of the table"
    assert notes == ["entanglement: of 70 attributes, the 60 are shown that most faces have"]
    assert stage_of(tmp_path, one.iloc[:0, :0], one.iloc[:0, :0], one, many[:1]) == [
        f"{name}: left out, since it needs two attributes" for name in ("correlation", "entanglement")]
    assert list(tmp_path.iterdir()) == []


def test_rows_are_whole_where_they_can_be():
    assert [whole_rows(count) for count in (2, 5, 11, 12, 16, 40, 63)] == [2, 5, 11, 6, 8, 10, 9]


def test_as_many_processes_draw_as_the_parameter_says(planned, monkeypatch):
    class Asked(Exception):
        pass

    def copies(count):
        raise Asked(count)

    params = stage.load_params()
    three = params.model_copy(update={"cluster": params.cluster.model_copy(update={"processes": 3})})
    monkeypatch.setattr(stage, "load_params", lambda: three)
    monkeypatch.setattr(stage, "read_plan", lambda kind: None)
    monkeypatch.setattr(stage, "read_variants", list)
    monkeypatch.setattr(stage.code, "refuse_unplanned_code", lambda *arguments: "")
    monkeypatch.setattr(stage, "delete_results_of_removed_variants", lambda: None)
    monkeypatch.setattr(stage, "in_copies_of_this_process", copies)
    with pytest.raises(Asked, match="^3$"):
        stage.main()
