"""What a loaded variant does, compared with the pipeline's own functions."""

import numpy as np
import pytest
import torch
from PIL import Image

from pipeline import paths
from pipeline.data.pixels import to_network, to_uint8
from pipeline.errors import InputError
from pipeline.evaluation.svm_file import read_svms
from pipeline.inference import load
from pipeline.inference.photographs import to_pixels
from pipeline.latent_space.attribute_vectors import read_attribute_vectors
from pipeline.latent_space.sampling import read_mixture, sample_mixture, sample_prior
from pipeline.models.weights_file import load_trained
from tests import tiny


@pytest.fixture(scope="module")
def faces(project):
    return load("dfc", project.folder)


@pytest.fixture(scope="module")
def model(project):
    return load_trained(project.folder / paths.weights("dfc"))[0]


def decoded(model, z: np.ndarray) -> np.ndarray:
    """Return uint8 N×S×S×3, as torch decodes float32 N×D."""
    return to_uint8(model.decode(torch.from_numpy(z))).permute(0, 2, 3, 1).numpy()


def same(pictures, arrays: np.ndarray) -> bool:
    """Whether pictures are these arrays, uint8 N×S×S×3, up to rounding at half a grey level."""
    return max(int(np.abs(np.asarray(picture, int) - array).max())
               for picture, array in zip(pictures, arrays, strict=True)) <= 1


def test_latents_and_pictures_are_torchs(faces, model, project):
    pixels = to_pixels([project.face, project.folder / "other.png"], tiny.SIZE)
    mu, logvar = model.encode(to_network(torch.from_numpy(pixels)))
    mean, log_variance = faces.posterior([project.face, project.folder / "other.png"])
    assert mean.shape == (2, 4) and mean.dtype == log_variance.dtype == np.float32
    np.testing.assert_allclose(mean, mu.numpy(), atol=1e-5)
    np.testing.assert_allclose(log_variance, logvar.numpy(), atol=1e-5)
    assert np.ptp(mean, axis=0).max() > 0.1  # the two faces differ, so the encoder has learned something
    pictures = faces.decode(mean)
    assert all(picture.mode == "RGB" and picture.size == (tiny.SIZE, tiny.SIZE) for picture in pictures)
    assert same(pictures, decoded(model, mean))
    assert same(faces.reconstruct([project.face, project.folder / "other.png"]), decoded(model, mean))


def test_one_in_is_one_out_and_a_list_in_is_a_list_out(faces, project):
    one = faces.encode(project.face)
    assert one.shape == (4,)
    assert faces.encode([project.face]).shape == (1, 4)
    np.testing.assert_allclose(faces.encode([project.face])[0], one, atol=1e-6)
    assert isinstance(faces.decode(one), Image.Image) and len(faces.decode(one[None])) == 1
    assert isinstance(faces.reconstruct(project.face), Image.Image)
    assert isinstance(faces.edit(project.face, Male=1), Image.Image)
    assert [len(row) for row in faces.edit([project.face] * 2, Male=[-1, 0, 1])] == [3, 3]
    assert len(faces.edit(one, Male=[-1, 1])) == 2
    assert set(faces.predict(one)) == set(faces.predict([project.face])[0])
    frame = faces.frame(project.face)
    np.testing.assert_allclose(faces.encode(frame), one, atol=1e-6)  # what the encoder sees stays as it is


def test_an_edit_adds_the_vectors(faces, model, project):
    vectors = read_attribute_vectors(project.folder / paths.attribute_vectors("dfc"))
    z = faces.encode([project.face, project.folder / "other.png"])
    expected = z + 2 * vectors.of("Male") - 1.5 * vectors.of("5_o_Clock_Shadow")
    assert same(faces.edit(z, {"5_o_Clock_Shadow": -1.5}, Male=2), decoded(model, expected))
    walk = faces.edit(z[0], Male=[-3, 0, 3], Smiling=1)
    steps = z[0] + vectors.of("Smiling") + np.array([[-3], [0], [3]], np.float32) * vectors.of("Male")
    assert same(walk, decoded(model, steps)) and not same(walk[:1], np.asarray(walk[2])[None])


def test_predictions_are_the_svms_and_follow_an_edit(faces, project):
    named = read_svms(project.folder / paths.svm_weights(paths.EVALUATION / "dfc", "aligned"))
    z = faces.encode([project.face, project.folder / "other.png"])
    predicted = faces.predict(z)
    assert [list(of_face.values()) for of_face in predicted] == named.svms.decide(z).tolist()
    assert [list(of_face) for of_face in predicted] == [list(named.names)] * 2
    more = faces.predict(z + 2 * faces.attribute_vectors.of("Male"))
    assert all(after["Male"] > before["Male"] for before, after in zip(predicted, more, strict=True))


def test_an_interpolation_is_straight(faces, model, project):
    a, b = faces.encode(project.face), faces.encode(project.folder / "other.png")
    between = faces.interpolate(project.face, b, steps=5)
    assert same(between, decoded(model, np.stack([a, .75 * a + .25 * b, .5 * a + .5 * b, .25 * a + .75 * b, b])))
    with pytest.raises(InputError, match="steps is 1"):
        faces.interpolate(a, b, steps=1)
    with pytest.raises(InputError, match="one face and one other"):
        faces.interpolate([project.face], b)


def test_samples_are_the_pipelines(faces, model, project):
    assert same(faces.sample(3, seed=7), decoded(model, sample_prior(3, 4, 7)))
    z = sample_mixture(read_mixture(project.folder / paths.mixture("dfc")), 3, 7)
    np.testing.assert_array_equal(faces.sample_latents(3, 7, "mixture"), z)
    for wrong, message in (({"number": 0}, "number is 0"), ({"number": 1, "seed": -1}, "seed is -1"),
                           ({"number": 1, "source": "posterior"}, "source is 'posterior'")):
        with pytest.raises(InputError, match=message):
            faces.sample(**wrong)


def test_wrong_latents_and_strengths_are_refused(faces):
    for latents in (np.zeros(5), np.zeros((0, 4)), np.zeros((2, 2, 4)), np.array(["a"] * 4)):
        with pytest.raises(InputError, match="shape 4 or N×4"):
            faces.decode(latents)
    with pytest.raises(InputError, match="not finite"):
        faces.decode(np.full(4, np.nan))
    z = np.zeros(4, np.float32)
    for strengths, message in (({"smiling": 1}, "did you mean Smiling"), ({}, "no attribute is named"),
                               ({"Smiling": "much"}, "strength of Smiling is 'much'"),
                               ({"Smiling": float("inf")}, "strength of Smiling"),
                               ({"Smiling": 1e30}, "Smiling is 1e.30; .* each from -1,000,000 to 1,000,000"),
                               ({"Smiling": [1, 2], "Male": [1, 2, 3]}, "different numbers of strengths")):
        with pytest.raises(InputError, match=message):
            faces.edit(z, strengths)


def test_an_attribute_without_a_vector_is_named(faces):
    missing = faces.attribute_vectors.missing()
    assert missing and not set(missing) & set(faces.attributes)  # of 64 faces some have no bald one
    with pytest.raises(InputError, match=f"{missing[0]} has no attribute vector"):
        faces.edit(np.zeros(4, np.float32), {missing[0]: 1})


def test_a_variant_without_an_encoder_decodes_and_samples(project):
    dcgan = load("dcgan", project.folder)
    assert not dcgan.has_encoder and len(dcgan.sample(2)) == 2
    assert isinstance(dcgan.decode(dcgan.sample_latents(1)[0]), Image.Image)
    z = dcgan.sample_latents(1)
    for method in (lambda: dcgan.encode(project.face), lambda: dcgan.edit(z, Smiling=1), lambda: dcgan.predict(z),
                   lambda: dcgan.reconstruct(project.face), lambda: dcgan.sample(1, source="mixture")):
        with pytest.raises(InputError, match="dcgan has no encoder"):
            method()
