"""Files of latents: encoded and written in batches, read whole or by split."""

import itertools

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from pipeline.data.pixels import to_network
from pipeline.errors import InputError
from pipeline.latent_space import encoding, latents
from pipeline.models.architectures.vae import VAE
from tests import tiny

BATCHES = (("train", 5), ("train", 3), ("valid", 2), ("test", 4))
IDS = [f"{number:06}.jpg" for number in (9, 3, 7, 1, 2, 14, 12, 11, 10, 8, 6, 5, 4, 13)]  # in no particular order


@pytest.fixture(scope="module")
def vae() -> VAE:
    torch.manual_seed(0)
    vae = VAE(5, tiny.SIZE, (4, 4, 8, 8))
    for head in (vae.mu, vae.logvar):
        torch.nn.init.normal_(head.weight)
    for _ in range(30):  # batch norm needs its statistics: without them all images look alike
        vae.encode(to_network(torch.from_numpy(tiny.faces(len(IDS)))))
    return vae.eval().requires_grad_(False)


def batches(sizes=BATCHES):
    start, pixels = 0, tiny.faces(len(IDS))
    for split, size in sizes:
        yield split, np.array(IDS[start:start + size], str), pixels[start:start + size]
        start += size


@pytest.fixture
def path(vae, tmp_path):
    path = tmp_path / "latents" / "dfc" / "aligned.parquet"
    assert encoding.encode_to_file(path, vae, batches(), tmp_path / "parts") == len(IDS)
    return path


def test_written_latents_are_read_back(vae, path):
    read = latents.read_latents(path)
    mu, logvar = encoding.encode(vae, tiny.faces(len(IDS)))
    assert read.image_ids.tolist() == IDS
    assert read.splits.tolist() == ["train"] * 8 + ["valid"] * 2 + ["test"] * 4
    np.testing.assert_allclose(read.mu, mu, atol=1e-5)
    np.testing.assert_allclose(read.logvar, logvar, atol=1e-5)
    assert read.mu.dtype == read.logvar.dtype == np.float32 and read.mu.shape == (14, 5)
    assert mu.std(axis=0).min() > 0.05 and abs(mu - logvar).max() > 0.1


def test_reading_some_splits_keeps_the_files_order(path):
    whole, some = latents.read_latents(path), latents.read_latents(path, ["test", "train"])
    chosen = np.isin(whole.splits, ["test", "train"])
    assert some.image_ids.tolist() == whole.image_ids[chosen].tolist() and set(some.splits) == {"train", "test"}
    np.testing.assert_array_equal(some.mu, whole.mu[chosen])
    np.testing.assert_array_equal(some.logvar, whole.logvar[chosen])
    np.testing.assert_array_equal(latents.read_latents(path, ["valid"]).mu, whole.mu[8:10])


def test_a_split_without_images_reads_as_empty(vae, tmp_path):
    encoding.encode_to_file(tmp_path / "aligned.parquet", vae, batches([("train", 5), ("test", 4)]), tmp_path / "parts")
    empty = latents.read_latents(tmp_path / "aligned.parquet", ["valid"])
    assert empty.mu.shape == empty.logvar.shape == (0, 5) and len(empty.image_ids) == len(empty.splits) == 0


def test_an_empty_batch_adds_nothing(vae, tmp_path):
    some = batches([("train", 5), ("valid", 0), ("test", 4)])
    assert encoding.encode_to_file(tmp_path / "aligned.parquet", vae, some, tmp_path / "parts") == 9
    assert latents.read_latents(tmp_path / "aligned.parquet").image_ids.tolist() == IDS[:9]


def test_the_file_describes_itself(path):
    schema = pq.read_schema(path)
    assert schema.names == ["image_id", "split", "mu", "logvar"]
    assert str(schema.field("mu").type).startswith("fixed_size_list") and schema.field("mu").type.list_size == 5
    assert all(schema.field(name).metadata[b"description"] for name in schema.names)


def test_an_interrupted_run_keeps_the_earlier_file_and_encodes_only_missing_batches(vae, path, tmp_path, monkeypatch):
    before, parts, encoded = path.read_bytes(), tmp_path / "new parts", []

    def interrupted():
        yield from itertools.islice(batches(), 2)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encoding.encode_to_file(path, vae, interrupted(), parts)
    assert path.read_bytes() == before and len(list(parts.iterdir())) == 2
    monkeypatch.setattr(encoding, "encode", lambda vae, pixels, encode=encoding.encode: (
        encoded.append(len(pixels)), encode(vae, pixels))[1])
    progress = []
    encoding.encode_to_file(path, vae, batches(), parts, progress=progress.append)
    assert encoded == [2, 4] and sorted(progress) == [2, 3, 4, 5] and path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["aligned.parquet"]


def test_empty_latents_have_the_columns_and_no_rows(tmp_path):
    latents.write_empty_latents(tmp_path / "dcgan" / "aligned.parquet", 7)
    assert pq.read_schema(tmp_path / "dcgan" / "aligned.parquet").names == ["image_id", "split", "mu", "logvar"]
    for read in (latents.read_latents(tmp_path / "dcgan" / "aligned.parquet", splits) for splits in (None, ["train"])):
        assert read.mu.shape == read.logvar.shape == (0, 7) and len(read.image_ids) == 0
    assert [file.name for file in (tmp_path / "dcgan").iterdir()] == ["aligned.parquet"]


@pytest.mark.parametrize(("column", "value"), [("mu", np.nan), ("logvar", -np.inf)])
def test_latents_that_are_not_finite_are_refused_by_one_sentence(path, column, value):
    table = pq.read_table(path)
    rows = np.array(table[column].to_pylist(), np.float32)
    rows[8:10, 2] = value  # both validation images
    at = table.column_names.index(column)
    field = table.schema.field(at)
    damaged = pa.FixedSizeListArray.from_arrays(rows.ravel(), rows.shape[1])
    pq.write_table(table.set_column(at, field, damaged), path)
    with pytest.raises(InputError) as refused:
        latents.read_latents(path)
    assert str(refused.value) == (f"{path} has latents that are not finite, of 2 of 14 images, the first of them "
                                  f"{IDS[8]}; train the variant again, with a lower train.learning_rate")
    with pytest.raises(InputError, match="of 2 of 2 images"):
        latents.read_latents(path, ["valid"])
    assert len(latents.read_latents(path, ["train", "test"]).mu) == 12


def test_the_latents_of_one_split_are_those_that_reading_it_alone_gives(path):
    for column, alone in zip(latents.read_latents(path).of("test"), latents.read_latents(path, ["test"]), strict=True):
        np.testing.assert_array_equal(column, alone)
