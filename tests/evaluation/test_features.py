"""The latents of several views and variants, side by side."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import InputError
from pipeline.evaluation import features
from pipeline.evaluation.features import ALONE, load_features, with_view_alone
from pipeline.latent_space.latents import latents_schema

IDS = ["000003.jpg", "000001.jpg", "000002.jpg", "000007.jpg"]
SPLITS = ["train", "train", "valid", "test"]


def write_latents(root, variant, view, mu, ids=None, splits=SPLITS):
    """Write a file of latents with the means `mu`, float32 N×D."""
    vectors = [pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), mu.shape[1]) for values in (mu, mu - 99)]
    path = root / variant / f"{view}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    ids = [f"{number:06}.jpg" for number in range(len(mu))] if ids is None else ids
    pq.write_table(pa.Table.from_arrays([pa.array(ids), pa.array(splits), *vectors],
                                        schema=latents_schema(mu.shape[1])), path)


def write(root, variant, view, value, dimensions=3, ids=IDS, splits=SPLITS):
    """Write as many rows as ids, all numbers different; return the means."""
    mu = np.float32(value) + np.arange(len(ids) * dimensions, dtype=np.float32).reshape(-1, dimensions) / 100
    write_latents(root, variant, view, mu, ids, splits)
    return mu


def test_the_first_variants_views_come_before_the_next_variants(tmp_path):
    parts = [write(tmp_path, "dfc", "aligned", 1), write(tmp_path, "dfc", "eyes", 2),
             write(tmp_path, "other", "aligned", 3, dimensions=5), write(tmp_path, "other", "eyes", 4, dimensions=5)]
    loaded = load_features(["dfc", "other"], ["aligned", "eyes"], tmp_path)
    np.testing.assert_array_equal(loaded.x, np.hstack(parts))
    assert loaded.x.dtype == np.float32 and loaded.x.shape == (4, 16)
    assert loaded.image_ids.tolist() == IDS and loaded.splits.tolist() == SPLITS
    np.testing.assert_array_equal(load_features(["dfc"], ["eyes", "aligned"], tmp_path).x, np.hstack(parts[1::-1]))


def test_an_error_names_a_view_without_latents(tmp_path):
    write(tmp_path, "dfc", "aligned", 1)
    with pytest.raises(InputError, match=r"no latents of view mouth for variant dfc .*run `dvc repro latents@dfc`"):
        load_features(["dfc"], ["aligned", "mouth"], tmp_path)
    with pytest.raises(InputError, match="name at least one"):
        load_features([], ["aligned"], tmp_path)


@pytest.mark.parametrize("change", [{"ids": [*IDS[1::-1], *IDS[2:]]}, {"ids": IDS[:3], "splits": SPLITS[:3]},
                                    {"splits": ["train", "valid", "valid", "test"]}])
def test_views_of_other_images_or_in_another_order_are_refused(tmp_path, change):
    write(tmp_path, "dfc", "aligned", 1)
    write(tmp_path, "dfc", "eyes", 2, **change)
    with pytest.raises(InputError, match=r"eyes.parquet and .*aligned.parquet do not hold the same images"):
        load_features(["dfc"], ["aligned", "eyes"], tmp_path)


def test_features_that_are_not_finite_are_refused_by_the_name_of_their_file(tmp_path):
    write(tmp_path, "dfc", "aligned", 1)
    mu = write(tmp_path, "dfc", "eyes", 2)
    mu[1, 1] = np.nan
    write_latents(tmp_path, "dfc", "eyes", mu, IDS)
    with pytest.raises(InputError, match=r"eyes.parquet has latents that are not finite, of 1 of 4 .* 000001.jpg"):
        load_features(["dfc"], ["aligned", "eyes"], tmp_path)


def test_latents_that_are_known_are_not_read_again(tmp_path, monkeypatch):
    write(tmp_path, "dfc", "aligned", 1)
    eyes = write(tmp_path, "dfc", "eyes", 2)
    known = features.read_latents(tmp_path / "dfc/aligned.parquet")._replace(mu=eyes + 1)
    monkeypatch.setattr(features, "read_latents", lambda path, read=features.read_latents: (
        read(path) if path.stem == "eyes" else pytest.fail(f"{path} was read")))
    loaded = load_features(["dfc"], ["aligned", "eyes"], tmp_path, {("dfc", "aligned"): known})
    np.testing.assert_array_equal(loaded.x, np.hstack([eyes + 1, eyes]))


def test_a_view_is_scored_alone_whatever_sets_there_are():
    sets = {"both": ["eyes", "aligned"], "one": ["aligned"]}
    assert with_view_alone(sets, "aligned") == (sets, "one")
    assert with_view_alone(sets, "eyes") == ({**sets, ALONE: ["eyes"]}, ALONE)
