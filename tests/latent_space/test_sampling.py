"""Samples of z from the prior and from a mixture fitted to latents."""

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.latent_space import sampling
from pipeline.latent_space.sampling import Mixture


@pytest.fixture
def two_clusters():
    """mu and logvar of 1,000 images around (-3, 0, 0) and (3, 0, 0), the first cluster three times as large."""
    random = np.random.default_rng(0)
    mu = 0.3 * random.standard_normal((1000, 3), dtype=np.float32)
    mu[:, 0] += np.where(np.arange(1000) % 4 == 0, 3, -3)
    return mu, np.full_like(mu, np.log(0.16))


def test_prior_samples_are_standard_normal_and_seeded():
    z = sampling.sample_prior(5000, 4, seed=1)
    assert z.dtype == np.float32 and abs(z.mean()) < 0.03 and abs(z.std() - 1) < 0.03
    np.testing.assert_array_equal(z[:7], sampling.sample_prior(7, 4, seed=1))
    assert not np.array_equal(z, sampling.sample_prior(5000, 4, seed=2))


def test_posterior_samples_have_the_posteriors_mean_and_variance():
    mu, logvar = np.full((20000, 2), 3, np.float32), np.full((20000, 2), np.log(4), np.float32)
    z = sampling.sample_posteriors(mu, logvar, seed=0)
    assert z.dtype == np.float32
    np.testing.assert_allclose(z.mean(0), 3, atol=0.06)
    np.testing.assert_allclose(z.var(0), 4, atol=0.15)


def test_the_mixture_finds_clusters_and_samples_from_them(two_clusters):
    mixture = sampling.fit_mixture(*two_clusters, components=2)
    assert sorted(mixture.means[:, 0].round()) == [-3, 3] and mixture.note == ""
    np.testing.assert_allclose(sorted(mixture.weights), [0.25, 0.75], atol=0.02)
    variances = np.diagonal(mixture.covariances, axis1=1, axis2=2)
    np.testing.assert_allclose(variances, 0.09 + 0.16, atol=0.06)  # of the means and of the posteriors together
    z = sampling.sample_mixture(mixture, 4000, seed=3)
    assert z.dtype == np.float32 and (np.abs(np.abs(z[:, 0]) - 3) < 2.5).all()
    assert np.mean(z[:, 0] > 0) == pytest.approx(0.25, abs=0.03)
    np.testing.assert_array_equal(z[:9], sampling.sample_mixture(mixture, 9, seed=3))
    assert not np.array_equal(z, sampling.sample_mixture(mixture, 4000, seed=4))


def test_samples_have_the_components_covariance():
    covariance = np.array([[2.0, 1.2], [1.2, 1.0]])
    z = sampling.sample_mixture(Mixture(np.ones(1), np.array([[5.0, -5.0]]), covariance[None]), 40000, seed=0)
    np.testing.assert_allclose(np.cov(z.T), covariance, atol=0.05)
    np.testing.assert_allclose(z.mean(0), [5, -5], atol=0.03)


def test_the_fit_depends_on_the_seed_and_uses_at_most_images_images(two_clusters):
    first, again = (sampling.fit_mixture(*two_clusters, components=2, images=100, seed=5) for _ in range(2))
    np.testing.assert_array_equal(first.means, again.means)
    assert not np.array_equal(first.means, sampling.fit_mixture(*two_clusters, components=2, images=100, seed=6).means)
    assert sampling.fit_mixture(*two_clusters, components=20, images=40).weights.shape == (5,)  # 40 images, 8 each


def test_few_images_reduce_components_then_covariance_and_a_note_says_so():
    random = np.random.default_rng(0)
    mu, logvar = random.standard_normal((500, 100), dtype=np.float32), np.zeros((500, 100), np.float32)
    fewer = sampling.fit_mixture(mu, logvar, components=10)
    assert len(fewer.weights) == 2 and "2 instead of 10" in fewer.note
    diagonal = sampling.fit_mixture(mu[:50], logvar[:50], components=10)
    assert len(diagonal.weights) == 1 and "diagonal" in diagonal.note
    covariance = diagonal.covariances[0]
    assert covariance.shape == (100, 100) and np.count_nonzero(covariance) == 100
    assert np.isfinite(sampling.sample_mixture(diagonal, 10, seed=0)).all()


def test_latents_that_do_not_vary_can_still_be_sampled():
    mu, logvar = np.zeros((60, 4), np.float32), np.full((60, 4), -30, np.float32)
    mixture = sampling.fit_mixture(mu, logvar, components=3)
    z = sampling.sample_mixture(mixture, 50, seed=0)
    assert np.isfinite(z).all() and np.abs(z).max() < 0.1


def test_too_few_images_and_posteriors_without_end_are_refused(two_clusters):
    mu, logvar = two_clusters
    with pytest.raises(InputError, match=r"1 training image;.*mixture_components=0"):
        sampling.fit_mixture(mu[:1], logvar[:1])
    logvar[7, 1] = 200
    with pytest.raises(InputError, match=r"so wide that draws from them are infinite.*mixture_components=0"):
        sampling.fit_mixture(mu, logvar)


def test_a_written_mixture_is_read_back_and_another_file_is_refused(tmp_path, two_clusters):
    mixture = sampling.fit_mixture(*two_clusters, components=2)._replace(note="a note")
    sampling.write_mixture(tmp_path / "folder" / "mixture.npz", mixture)
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["mixture.npz"]
    loaded = sampling.read_mixture(tmp_path / "folder" / "mixture.npz")
    assert loaded.note == "a note"
    np.testing.assert_array_equal(sampling.sample_mixture(loaded, 5, 0), sampling.sample_mixture(mixture, 5, 0))
    (tmp_path / "page.npz").write_text("<html>Quota exceeded</html>")
    np.savez(tmp_path / "pickle.npz", weights=np.array([{}], dtype=object))
    for name in ("page.npz", "pickle.npz", "absent.npz"):
        with pytest.raises(InputError, match=name):
            sampling.read_mixture(tmp_path / name)


def test_samplers_draw_from_the_prior_and_from_a_mixture_if_there_is_one():
    mixture = Mixture(np.ones(1), np.full((1, 2), 5.0), np.eye(2)[None])
    assert list(sampling.samplers(2, None, seed=1)) == ["prior"]
    sources = sampling.samplers(2, mixture, seed=1)
    assert list(sources) == ["prior", "mixture"]
    np.testing.assert_array_equal(sources["prior"](4), sampling.sample_prior(4, 2, seed=1))
    np.testing.assert_array_equal(sources["mixture"](4), sampling.sample_mixture(mixture, 4, seed=1))
