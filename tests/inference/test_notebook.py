"""docs/notebooks/faces.ipynb, executed in a tiny project."""

import base64
import io
import os
import shutil
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from PIL import Image

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).resolve().parents[2]
NOTEBOOK = Path("docs/notebooks/faces.ipynb")


def test_the_notebook_runs_and_shows_faces(project, tmp_path):
    here = shutil.copytree(project.folder, tmp_path / "project") / NOTEBOOK.parent
    here.mkdir(parents=True)
    notebook = nbformat.read(PROJECT / NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "OMP_NUM_THREADS": "1"}
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(here)}}
                   ).execute(env=environment)
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    shown = [output.data["image/png"] for output in outputs if "image/png" in output.get("data", {})]
    assert len(shown) == sum("sheet(" in cell.source or "resize(" in cell.source
                             for cell in notebook.cells if cell.cell_type == "code")
    for picture in shown:
        assert np.asarray(Image.open(io.BytesIO(base64.b64decode(picture)))).std() > 10  # no picture is of one colour
    texts = [output.get("data", {}).get("text/plain", "") for output in outputs]
    assert "<dfc: pictures of 32×32 pixels, 4 latent dimensions, an encoder>" in texts
    assert "((3, 4), dtype('float32'))" in texts


def test_the_committed_notebook_has_no_outputs():
    notebook = nbformat.read(PROJECT / NOTEBOOK, as_version=4)
    assert all(not cell.outputs and cell.execution_count is None for cell in notebook.cells if cell.cell_type == "code")
