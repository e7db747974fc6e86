"""The latents of several views and variants, side by side."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import InputError
from pipeline.evaluation.features import load_features
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
    features = load_features(["dfc", "other"], ["aligned", "eyes"], tmp_path)
    np.testing.assert_array_equal(features.x, np.hstack(parts))
    assert features.x.dtype == np.float32 and features.x.shape == (4, 16)
    assert features.image_ids.tolist() == IDS and features.splits.tolist() == SPLITS
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
