"""The health of posteriors: what each number is, and posteriors whose state is known."""

import math

import numpy as np
import pytest
from scipy.stats import kstest

from pipeline.errors import InputError
from pipeline.evaluation import posterior, two_sample
from pipeline.evaluation.posterior import holm, judged_by, posterior_health
from pipeline.files.json_file import read_json, write_json
from pipeline.latent_space.latents import Latents
from pipeline.latent_space.sampling import sample_posteriors

DIM = 8


def latents(number: int = 400, variance: float = 0.2, of_means: float | None = None, seed: int = 0, dim: int = DIM):
    """Return mu and logvar of posteriors of this variance, whose means vary so that q(z) is N(0, I) by default."""
    of_means = 1 - variance if of_means is None else of_means
    mu = math.sqrt(of_means) * np.random.default_rng([seed, 99]).standard_normal((number, dim))
    return mu.astype(np.float32), np.full((number, dim), math.log(variance), np.float32)


def test_posteriors_that_fill_the_prior_are_healthy():
    health = posterior_health(*latents(), seed=0)
    numbers, rows = health.numbers, health.dimensions
    assert numbers["active_units"] == DIM and numbers["dimensions_rejected"] == 0 and not rows["rejected"].any()
    assert numbers["mmd_p"] > 0.05 and abs(numbers["mmd_squared"]) < 0.003 and numbers["ks_max"] < 0.1
    assert numbers["kl"] == pytest.approx(-DIM * math.log(0.2) / 2, rel=0.05) and numbers["valid_images"] == 400
    np.testing.assert_allclose(rows["deviation"], 1, atol=0.1)
    np.testing.assert_allclose(rows["mean"], 0, atol=0.15)


def test_most_healthy_posteriors_are_not_rejected(monkeypatch):
    monkeypatch.setattr(two_sample, "PERMUTATIONS", 99)
    found = [posterior_health(*latents(60, seed=seed), seed=seed).numbers for seed in range(60)]
    assert np.mean([numbers["dimensions_rejected"] > 0 for numbers in found]) < 0.15
    assert np.mean([numbers["mmd_p"] <= 0.05 for numbers in found]) < 0.15


def test_a_collapsed_posterior_fills_the_prior_and_carries_nothing():
    health = posterior_health(np.zeros((400, DIM), np.float32), np.zeros((400, DIM), np.float32), seed=0)
    assert health.numbers["kl"] == 0 and health.numbers["active_units"] == 0
    assert health.numbers["dimensions_rejected"] == 0 and health.numbers["mmd_p"] > 0.05
    assert (health.dimensions["mean_variance"] == 1).all() and (health.dimensions["variance_of_mean"] == 0).all()


def test_posteriors_far_from_the_prior_are_recognised():
    near, far = (posterior_health(*latents(variance=0.01, of_means=of_means), seed=0) for of_means in (0.99, 9))
    numbers = far.numbers
    assert numbers["dimensions_rejected"] == DIM and far.dimensions["p"].max() < 1e-6
    assert numbers["mmd_p"] == pytest.approx(1 / 1001) and numbers["mmd_squared"] > 10 * near.numbers["mmd_squared"]
    assert numbers["kl"] > near.numbers["kl"] + 3 * DIM and numbers["ks_mean"] > near.numbers["ks_mean"] + 0.1


def test_dimensions_that_depend_on_each_other_are_seen_by_the_test_of_all_alone():
    mu, logvar = latents(variance=0.01)
    mu[:] = mu[:, :1]  # each dimension for itself is N(0, 1)
    numbers = posterior_health(mu, logvar, seed=0).numbers
    assert numbers["dimensions_rejected"] == 0 and numbers["mmd_p"] == pytest.approx(1 / 1001)


def test_each_number_is_by_its_definition():
    random = np.random.default_rng(1)
    mu = (random.standard_normal((50, 3)) * [1, 0.05, 0.3] + [0, 0, 2]).astype(np.float32)
    logvar = random.uniform(-3, 1, (50, 3)).astype(np.float32)
    health = posterior_health(mu, logvar, seed=5)
    m, v = mu.astype(np.float64), np.exp(logvar.astype(np.float64))
    z, rows = sample_posteriors(mu, logvar, 5), health.dimensions
    expected = {"dimension": [0, 1, 2], "kl": ((m ** 2 + v - 1 - np.log(v)) / 2).mean(axis=0),
                "mean_variance": v.mean(axis=0), "variance_of_mean": m.var(axis=0, ddof=1), "mean": m.mean(axis=0),
                "deviation": np.sqrt(v.mean(axis=0) + m.var(axis=0, ddof=1)),
                "ks": [kstest(column, "norm").statistic for column in z.T],
                "p": [kstest(column, "norm").pvalue for column in z.T]}
    assert list(rows) == [*expected, "rejected"]
    for name, values in expected.items():
        np.testing.assert_allclose(rows[name], values, rtol=1e-5, err_msg=name)
    numbers = health.numbers
    assert numbers["active_units"] == (rows["variance_of_mean"] > 0.01).sum() == 2  # 0.05² is 0.0025
    assert numbers["kl"] == pytest.approx(rows["kl"].sum()) and numbers["ks_max"] == rows["ks"].max()
    assert numbers["ks_mean"] == pytest.approx(rows["ks"].mean())
    assert numbers["dimensions_rejected"] == rows["rejected"].sum() and rows["rejected"][2]
    assert set(numbers) == {"kl", "active_units", "ks_mean", "ks_max", "dimensions_rejected", "mmd_squared", "mmd_p",
                            "valid_images"}


def test_the_seed_decides_all_draws(monkeypatch):
    monkeypatch.setattr(posterior, "TESTED_IMAGES", 30)
    given = latents(50)
    first, again, other = (posterior_health(*given, seed=seed) for seed in (1, 1, 2))
    assert first.numbers == again.numbers and first.dimensions.equals(again.dimensions)
    assert first.numbers["mmd_squared"] != other.numbers["mmd_squared"]
    assert first.numbers["ks_mean"] != other.numbers["ks_mean"] and first.numbers["kl"] == other.numbers["kl"]


def test_the_test_of_all_dimensions_takes_at_most_so_many_images(monkeypatch):
    taken = []

    def record(x, y, random):
        taken.append((x, y))
        return posterior_mmd(x, y, random)

    posterior_mmd = posterior.mmd_test
    monkeypatch.setattr(posterior, "mmd_test", record)
    monkeypatch.setattr(posterior, "TESTED_IMAGES", 30)
    mu, logvar = latents(50)
    assert posterior_health(mu, logvar, seed=0).numbers["valid_images"] == 50
    [(x, y)] = taken
    z = {tuple(row) for row in sample_posteriors(mu, logvar, 0).astype(np.float64)}
    assert x.shape == y.shape == (30, DIM) and len({tuple(row) for row in x} & z) == 30


@pytest.mark.parametrize(("p", "rejected"), [
    ([0.01, 0.04, 0.03, 0.005], [True, False, False, True]),  # Holm's: 0.005 ≤ 0.0125, 0.01 ≤ 0.0167, 0.03 > 0.025
    ([0.02, 0.02, 0.02], [False] * 3),
    ([0.05], [True]),
    ([0.001, 0.002, 0.003], [True] * 3),
    ([0.04, 0.001], [True, True])])
def test_holms_procedure(p, rejected):
    assert holm(np.array(p)).tolist() == rejected


@pytest.mark.parametrize("number", ["0 images", "1 image"])
def test_too_few_images_are_refused(number):
    with pytest.raises(InputError, match=f"cannot be judged from {number}; give"):
        posterior_health(*latents(int(number.split()[0])), seed=0)


@pytest.mark.parametrize(("valid", "split"), [(0, "train"), (1, "train"), (2, "valid")])
def test_the_split_is_train_where_there_are_too_few_validation_images(valid, split):
    splits = np.array(["train"] * 5 + ["valid"] * valid + ["test"] * 9)
    mu, logvar = latents(len(splits))
    given = Latents(splits, splits, mu, logvar)
    assert judged_by(given) == split and len(given.of(split).mu) == max(valid, 5 * (split == "train"))
    numbers = posterior_health(*latents(5), seed=0, split=split).numbers
    assert numbers[f"{split}_images"] == 5 and "images" not in numbers


@pytest.mark.parametrize("logvar", [100, 300, 800])  # exp overflows: of float32; of z too; of float64 too
def test_posteriors_that_are_too_wide_to_compute_with_have_no_numbers(logvar, tmp_path):
    mu, wide = latents(20)
    wide[3, 2] = logvar
    health = posterior_health(mu, wide, seed=0)
    write_json(tmp_path / "numbers.json", health.numbers)
    numbers = read_json(tmp_path / "numbers.json")
    assert numbers["kl"] is None and numbers["ks_max"] <= 1 and numbers["valid_images"] == 20
    assert (numbers["mmd_squared"] is None) == (numbers["mmd_p"] is None) == (logvar > 100)
    assert np.isnan(health.dimensions["kl"][2]) and np.isfinite(health.dimensions["kl"]).sum() == DIM - 1
    assert not np.isinf(health.dimensions.to_numpy(dtype=float)).any()


def test_read_only_latents_are_not_written_to():
    given = latents(20)
    for array in given:
        array.flags.writeable = False
    assert posterior_health(*given, seed=0).numbers["valid_images"] == 20
