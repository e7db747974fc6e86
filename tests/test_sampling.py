"""Where z comes from: the prior, and a mixture fitted to latents."""

import numpy as np
import pytest

from pipeline import sampling
from pipeline.errors import InputError
from pipeline.sampling import Mixture


@pytest.fixture
def two_clusters():
    """mu and logvar of 1,000 images around (-3, 0, 0) and (3, 0, 0), the first cluster three times as large."""
    random = np.random.default_rng(0)
    mu = 0.3 * random.standard_normal((1000, 3), dtype=np.float32)
    mu[:, 0] += np.where(np.arange(1000) % 4 == 0, 3, -3)
    return mu, np.full_like(mu, np.log(0.16))


def test_the_prior_is_standard_normal_and_seeded():
    z = sampling.prior(5000, 4, seed=1)
    assert z.dtype == np.float32 and abs(z.mean()) < 0.03 and abs(z.std() - 1) < 0.03
    np.testing.assert_array_equal(z[:7], sampling.prior(7, 4, seed=1))
    assert not np.array_equal(z, sampling.prior(5000, 4, seed=2))


def test_posterior_samples_have_the_posteriors_mean_and_variance():
    mu, logvar = np.full((20000, 2), 3, np.float32), np.full((20000, 2), np.log(4), np.float32)
    z = sampling.posterior_samples(mu, logvar, seed=0)
    assert z.dtype == np.float32
    np.testing.assert_allclose(z.mean(0), 3, atol=0.06)
    np.testing.assert_allclose(z.var(0), 4, atol=0.15)


def test_the_mixture_finds_clusters_and_its_samples_come_from_them(two_clusters):
    mixture = sampling.fit_mixture(*two_clusters, components=2)
    assert sorted(mixture.means[:, 0].round()) == [-3, 3] and mixture.note == ""
    np.testing.assert_allclose(sorted(mixture.weights), [0.25, 0.75], atol=0.02)
    variances = np.diagonal(mixture.covariances, axis1=1, axis2=2)
    np.testing.assert_allclose(variances, 0.09 + 0.16, atol=0.06)  # of the means and of the posteriors together
    z = sampling.sample(mixture, 4000, seed=3)
    assert z.dtype == np.float32 and (np.abs(np.abs(z[:, 0]) - 3) < 2.5).all()
    assert np.mean(z[:, 0] > 0) == pytest.approx(0.25, abs=0.03)
    np.testing.assert_array_equal(z[:9], sampling.sample(mixture, 9, seed=3))
    assert not np.array_equal(z, sampling.sample(mixture, 4000, seed=4))


def test_samples_have_the_components_covariance():
    covariance = np.array([[2.0, 1.2], [1.2, 1.0]])
    z = sampling.sample(Mixture(np.ones(1), np.array([[5.0, -5.0]]), covariance[None]), 40000, seed=0)
    np.testing.assert_allclose(np.cov(z.T), covariance, atol=0.05)
    np.testing.assert_allclose(z.mean(0), [5, -5], atol=0.03)


def test_the_seed_decides_the_fit_and_at_most_so_many_images_are_used(two_clusters):
    first, again = (sampling.fit_mixture(*two_clusters, components=2, images=100, seed=5) for _ in range(2))
    np.testing.assert_array_equal(first.means, again.means)
    assert not np.array_equal(first.means, sampling.fit_mixture(*two_clusters, components=2, images=100, seed=6).means)
    assert sampling.fit_mixture(*two_clusters, components=20, images=40).weights.shape == (5,)  # 40 images, 8 each


def test_few_images_make_fewer_components_and_then_a_diagonal_and_the_note_says_so():
    random = np.random.default_rng(0)
    mu, logvar = random.standard_normal((500, 100), dtype=np.float32), np.zeros((500, 100), np.float32)
    fewer = sampling.fit_mixture(mu, logvar, components=10)
    assert len(fewer.weights) == 2 and "2 instead of 10" in fewer.note
    diagonal = sampling.fit_mixture(mu[:50], logvar[:50], components=10)
    assert len(diagonal.weights) == 1 and "diagonal" in diagonal.note
    covariance = diagonal.covariances[0]
    assert covariance.shape == (100, 100) and np.count_nonzero(covariance) == 100
    assert np.isfinite(sampling.sample(diagonal, 10, seed=0)).all()


def test_latents_that_do_not_vary_can_still_be_sampled():
    mu, logvar = np.zeros((60, 4), np.float32), np.full((60, 4), -30, np.float32)
    mixture = sampling.fit_mixture(mu, logvar, components=3)
    z = sampling.sample(mixture, 50, seed=0)
    assert np.isfinite(z).all() and np.abs(z).max() < 0.1


def test_too_few_images_and_broken_latents_are_said(two_clusters):
    mu, logvar = two_clusters
    with pytest.raises(InputError, match="1 training images.*mixture_components=0"):
        sampling.fit_mixture(mu[:1], logvar[:1])
    mu[7, 1] = np.nan
    with pytest.raises(InputError, match="not all finite"):
        sampling.fit_mixture(mu, logvar)


def test_a_saved_mixture_is_loaded_again_and_another_file_is_refused(tmp_path, two_clusters):
    mixture = sampling.fit_mixture(*two_clusters, components=2)._replace(note="a note")
    sampling.save(tmp_path / "folder" / "mixture.npz", mixture)
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["mixture.npz"]
    loaded = sampling.load(tmp_path / "folder" / "mixture.npz")
    assert loaded.note == "a note"
    np.testing.assert_array_equal(sampling.sample(loaded, 5, 0), sampling.sample(mixture, 5, 0))
    (tmp_path / "page.npz").write_text("<html>Quota exceeded</html>")
    np.savez(tmp_path / "pickle.npz", weights=np.array([{}], dtype=object))
    for name in ("page.npz", "pickle.npz", "absent.npz"):
        with pytest.raises(InputError, match=name):
            sampling.load(tmp_path / name)
