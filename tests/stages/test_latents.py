"""The stage latents: a file per view."""

from pathlib import Path

import numpy as np
import yaml

from pipeline.data import shards
from pipeline.latent_space.encoding import encode
from pipeline.latent_space.latents import read_latents
from pipeline.models.weights_file import load_trained
from stages import latents as stage


def test_latents_of_every_view_stay_where_dvc_finds_them(planned, monkeypatch):
    params = yaml.safe_load(Path("params.yaml").read_text())
    params["cluster"]["storage"] = str(planned / "storage")  # as if other machines could see it
    Path("params.yaml").write_text(yaml.safe_dump(params))
    stage.main("dfc")
    views = shards.views(Path("data/shards"))
    assert sorted(path.stem for path in Path("latents/dfc").iterdir()) == sorted(views) and len(views) > 1
    model, _ = load_trained(Path("models/dfc/model.safetensors"))
    for view in views:
        pixels = shards.load("data/shards", view, "test").pixels
        found = read_latents(Path(f"latents/dfc/{view}.parquet"), ["test"])
        np.testing.assert_allclose(found.mu, encode(model, pixels)[0], atol=1e-5)
    assert not Path("storage").exists()


def test_a_variant_without_an_encoder_has_a_file_without_rows(planned, capsys):
    stage.main("dcgan")
    assert [path.name for path in Path("latents/dcgan").iterdir()] == ["aligned.parquet"]
    assert len(read_latents(Path("latents/dcgan/aligned.parquet")).image_ids) == 0
    assert "has no encoder, so no latents" in capsys.readouterr().out
