"""Arrow arrays by their buffers, compared with pyarrow's own."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from pipeline.data.arrow_arrays import numbers, texts, truths

PROJECT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("values", [
    np.arange(6, dtype=np.uint8), np.arange(12, dtype="<i2")[::2], np.linspace(0, 1, 5, dtype=np.float32),
    np.array([2**40, -1]), np.zeros(0, np.float64)])
def test_numbers(values):
    assert numbers(values).equals(pa.array(values)) and numbers(values).type == pa.array(values).type


@pytest.mark.parametrize("values", [["a.jpg", "", "ä 😀"], [], [""]])
def test_texts(values):
    assert texts(values).equals(pa.array(values, pa.string()))


@pytest.mark.parametrize("size", [0, 1, 8, 13])
def test_truths(size):
    random = np.random.default_rng(size)
    values, known = random.random((2, size)) < 0.5
    for of in (known, np.ones(size, bool)):
        expected = pa.array(values, mask=~of)
        assert truths(values, of).equals(expected) and truths(values, of).null_count == expected.null_count


def test_shards_and_latents_are_written_and_read_without_pandas(tmp_path):
    code = ("import json, sys\nimport numpy as np, pyarrow as pa\nfrom pathlib import Path\n"
            "from pipeline.data import shards\n"
            "from pipeline.data.arrow_arrays import numbers, texts\n"
            "from pipeline.data.attributes import Attributes\nfrom pipeline.data.shard_files import write_part\n"
            "from pipeline.latent_space.attribute_vectors import compute_attribute_vectors, write_attribute_vectors\n"
            "from pipeline.latent_space.latents import latents_schema, read_latents, write_latents\n"
            "ids, pixels = np.array(['a', 'b']), np.zeros((2, 3, 4, 4), np.uint8)\n"
            "known = Attributes(('Smiling',), np.array([[True], [False]]), np.array([[True], [False]]))\n"
            "write_part('shards', 'aligned', 'train', 0, ids, pixels, known, np.zeros((2, 5, 2)), about={})\n"
            "Path('shards/view=aligned/_manifest.json').write_text(json.dumps({'image_size': 4, 'images': {'train': 2},"
            " 'attributes': ['Smiling']}))\n"
            "faces = shards.load('shards', 'aligned', 'train')\n"
            "assert faces.attributes.known.tolist() == [[True], [False]] == faces.attributes.values.tolist()\n"
            "mu = pa.FixedSizeListArray.from_arrays(numbers(np.ones(3, np.float32)), 3)\n"
            "write_latents(Path('l.parquet'), [pa.Table.from_arrays([texts(['a']), texts(['test']), mu, mu], "
            "schema=latents_schema(3))])\nassert read_latents(Path('l.parquet'), ['test']).mu.tolist() == [[1, 1, 1]]\n"
            "write_attribute_vectors(Path('v.parquet'), compute_attribute_vectors(np.eye(2, 3, dtype=np.float32), "
            "known, 1, 0))\nprint('pandas' in sys.modules)")
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": str(PROJECT)})
    assert done.returncode == 0, done.stderr
    assert done.stdout == "False\n"
