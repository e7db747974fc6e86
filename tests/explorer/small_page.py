"""A real page of small untrained models, and Chromium to open it with."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

from pipeline.data.attributes import Attributes, no_attributes
from pipeline.data.pixels import to_network
from pipeline.explorer.contents import Explored, ExploredVariant, Frame
from pipeline.explorer.networks import read_decoder, read_encoder
from pipeline.explorer.page import write_page
from pipeline.latent_space.sampling import Mixture
from pipeline.models.build import build_model
from tests import tiny

FACES = 12
FIRST, SECOND = "000000.png", "000001.png"
NAMES = ("Smiling", "Male", "view", '</script><b title="x">')  # the last two are no names of the page's own parts
VARIANTS = {"dfc": 4, "pvae": 4, "vae_wgan": 6, "dcgan": 4}  # latent dimensions
MARGIN = 1 / 255  # for rounding to whole grey levels; what float16 costs comes on top

SETTLE = """async () => {
  while (!explorer.drawing.idle()) await new Promise((next) => setTimeout(next, 5));
}"""
PIXELS = """(canvas) =>
  [...canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data]"""


class SmallPage(NamedTuple):
    """A page, and what it was made of."""

    path: Path
    models: dict[str, Any]
    explored: Explored

    def torch_face(self, variant: str, z: np.ndarray) -> np.ndarray:
        """Return the model's picture of z, float S×S×3 in 0 … 1, and not the page's."""
        with torch.no_grad():
            picture = self.models[variant].decode(torch.tensor(z, dtype=torch.float32)[None])[0]
        return ((picture.clamp(-1, 1) + 1) / 2).permute(1, 2, 0).numpy()

    def assert_shows(self, page: Any, canvas: str, variant: str, z: np.ndarray) -> None:
        """Compare a canvas, given by its selector, with torch."""
        decoder = next(one.decoder for one in self.explored.variants if one.name == variant)
        wanted = self.torch_face(variant, z)
        assert wanted.std() > 0.02  # a picture, not one colour
        np.testing.assert_allclose(pixels(page, canvas), wanted, rtol=0, atol=MARGIN + decoder.difference)


def write_small_page(folder: Path, with_attributes: bool = True) -> SmallPage:
    """Write `folder`/index.html; without attributes there is no encoder either."""
    random = np.random.default_rng(0)
    faces = tiny.faces(FACES)
    values = random.random((FACES, len(NAMES))) < 0.5
    known = np.ones_like(values)
    known[0], values[0] = False, False
    attributes = Attributes(NAMES, values, known) if with_attributes else no_attributes(FACES)
    models, variants = {}, []
    for name in VARIANTS if with_attributes else ["dcgan"]:
        models[name] = small_model(name, VARIANTS[name])
        variants.append(explored_variant(name, models[name], faces, random))
    variants.append(ExploredVariant("own", "Of one's own", 4, False))
    explored = Explored("Small faces", tiny.SIZE, [f"{i:06}.png" for i in range(FACES)], faces, attributes, variants,
                        ["The faces of Of one's own are left out: its model has a layer of another kind."],
                        Frame((10.0, 13.0), (22.0, 13.0), (16.0, 23.0)))
    return SmallPage(write_page(folder, explored), models, explored)


def small_model(name: str, latent_dim: int) -> Any:
    """Return an untrained model whose pictures have some contrast."""
    variant = tiny.variant(name)
    variant = variant.model_copy(update={"model": variant.model.model_copy(update={"latent_dim": latent_dim})})
    torch.manual_seed(1)
    model = build_model(variant).eval()
    weights = [module for module in model.decoder.modules() if hasattr(module, "weight") and module.weight.dim() == 4]
    with torch.no_grad():
        weights[-1].weight *= 0.3 / model.decode(torch.randn(16, latent_dim)).std()
    return model


def explored_variant(name: str, model: Any, faces: np.ndarray, random: np.random.Generator) -> ExploredVariant:
    """Return what the page holds of a model, with vectors, SVMs and a map at random."""
    dimensions = model.latent_dim
    tried = random.standard_normal((8, dimensions)).astype(np.float32)
    decoder = read_decoder(model, tried)
    if not hasattr(model, "encode"):
        return ExploredVariant(name, name.upper(), dimensions, False, decoder)
    images = to_network(torch.from_numpy(faces))
    with torch.no_grad():
        latents = model.encode(images)[0].numpy()
    latents = (latents / latents.std()).astype(np.float32)
    vectors = random.standard_normal((len(NAMES), dimensions)).astype(np.float32)
    vectors[3] = np.nan
    return ExploredVariant(
        name, name.upper(), dimensions, True, decoder, read_encoder(model, images.numpy()) if name == "dfc" else None,
        latents, vectors, random.standard_normal((dimensions + 1, len(NAMES))),
        Mixture(np.array([0.5, 0.5]), random.standard_normal((2, dimensions)), np.stack([np.eye(dimensions) / 9] * 2)),
        random.standard_normal((FACES, 2)) if name == "dfc" else None)


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """Start headless Chromium; skip the test where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with playwright.sync_playwright() as started:
        if path is None and not Path(started.chromium.executable_path).exists():
            pytest.skip("there is no Chromium on this machine")
        browser = started.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextlib.contextmanager
def opened(browser: Any, path: Path, part: str = "", **context: Any) -> Iterator[Any]:
    """Open a page from disk without a network, and refuse errors in its console."""
    made = browser.new_context(offline=True, **context)
    page, errors = made.new_page(), []
    page.set_default_timeout(10_000)
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(path.as_uri() + part)
    if context.get("java_script_enabled", True):
        page.wait_for_selector("html[data-ready]", state="attached")
        settle(page)
    yield page
    made.close()
    assert not errors


def settle(page: Any) -> None:
    """Wait until everything is drawn that was asked for."""
    page.evaluate(SETTLE)


def pixels(page: Any, selector: str) -> np.ndarray:
    """Return a canvas's pixels, float S×S×3 in 0 … 1."""
    flat = np.array(page.locator(selector).evaluate(PIXELS), float)
    side = int((len(flat) / 4) ** 0.5)
    return flat.reshape(side, side, 4)[..., :3] / 255


def latent(page: Any, variant: str, face: str) -> np.ndarray:
    """Return the latent vector that the page holds of a face, sample or photograph."""
    return np.array(page.evaluate("""([name, id]) => [...explorer.subject.latent(
        explorer.data.variants.find((variant) => variant.name === name), id)]""", [variant, face]))


def state(page: Any) -> dict[str, Any]:
    """Return what the page shows."""
    return page.evaluate("explorer.state.current")
