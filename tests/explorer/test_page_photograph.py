"""A photograph of one's own, other screens than a desktop's, and pages that lack something."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from pipeline.data.pixels import to_network
from tests.explorer.small_page import NAMES, latent, opened, pixels, settle, state, write_small_page

pytestmark = pytest.mark.slow
EYE_LEFT, EYE_RIGHT, MOUTH = (120, 100), (180, 100), (150, 150)  # as in the frame, five times as large


def photograph() -> dict:
    """Return a file of 300×250 pixels with marks where the eyes and the mouth are."""
    image = Image.new("RGB", (300, 250), (200, 160, 120))
    for x, y in (EYE_LEFT, EYE_RIGHT, MOUTH):
        image.paste((20, 30, 200), (x - 8, y - 8, x + 8, y + 8))
    file = io.BytesIO()
    image.save(file, "PNG")
    return {"name": "me.png", "mimeType": "image/png", "buffer": file.getvalue()}


def assert_taken(page, small):
    """The marks lie in the frame's places, the latent vector is torch's, and the sliders move the face."""
    aligned = pixels(page, "#photograph-aligned")
    for x, y in ((10, 13), (22, 13), (16, 23)):
        assert aligned[y, x, 2] > 0.7 > 0.3 > aligned[y, x, 0]
    page.locator("#photograph-use").click()
    settle(page)
    assert state(page)["face"] == "photograph" and state(page)["view"] == "attributes"
    z = latent(page, "dfc", "photograph")
    given = torch.from_numpy(np.rint(aligned * 255).astype(np.uint8)).permute(2, 0, 1)[None]
    with torch.no_grad():
        mean = small.models["dfc"].encode(to_network(given))[0][0].numpy()
    np.testing.assert_allclose(z, mean, atol=0.01 * max(1, np.abs(mean).max()))
    small.assert_shows(page, "#live", "dfc", z)
    assert "encoder is not in this page" in page.locator('#every figure[data-variant="pvae"]').inner_text()
    page.wait_for_timeout(250)
    assert "photograph" not in page.evaluate("location.hash")


def test_a_photograph_by_three_clicks(page, small):
    page.locator("#tab-photograph").click()
    page.locator("#photograph-file").set_input_files(photograph())
    canvas = page.locator("#photograph-canvas")
    for x, y in (EYE_LEFT, (5, 5)):
        canvas.click(position={"x": x, "y": y})
    page.locator("#photograph-undo").click()
    assert "eye on the right" in page.locator("#photograph-next").inner_text()
    for x, y in (EYE_RIGHT, MOUTH):
        canvas.click(position={"x": x, "y": y})
    page.locator("#photograph-use").wait_for()
    assert_taken(page, small)


def test_a_photograph_by_keys(page, small):
    page.locator("#tab-photograph").click()
    page.locator("#photograph-file").set_input_files(photograph())
    page.locator("#photograph-work").wait_for()
    press = page.locator("#photograph-canvas").press  # the crosshair begins in the middle, 150, 125
    for keys in ["Shift+ArrowUp", *["ArrowUp"] * 3, "Shift+ArrowLeft", *["ArrowLeft"] * 5, "Enter",
                 *["Shift+ArrowRight"] * 3, "Enter", "Backspace", "Enter",
                 "Shift+ArrowLeft", *["ArrowLeft"] * 5, *["Shift+ArrowDown"] * 2, *["ArrowDown"] * 5, "Enter"]:
        press(keys)
    page.locator("#photograph-use").wait_for()
    assert_taken(page, small)


def test_files_and_points_that_are_no_face(page):
    page.locator("#tab-photograph").click()
    for content in (b"not a picture", b"\x89PNG\r\n\x1a\nbroken", b""):
        page.evaluate("explorer.say('')")
        page.locator("#photograph-file").set_input_files({"name": "x.png", "mimeType": "image/png", "buffer": content})
        page.locator("#status", has_text="This file is no picture").wait_for()
    page.locator("#photograph-file").set_input_files(photograph())
    canvas = page.locator("#photograph-canvas")
    for x, y in (EYE_RIGHT, EYE_LEFT, MOUTH):  # the wrong way round
        canvas.click(position={"x": x, "y": y})
    page.locator("#status", has_text="left of the other").wait_for()
    assert page.locator("#photograph-result").is_hidden()
    page.locator("#photograph-undo").click()
    assert page.locator("#status").inner_text() == ""


def test_a_point_that_is_taken_back_at_once_stops_the_photograph(page):
    page.locator("#tab-photograph").click()
    page.locator("#photograph-file").set_input_files(photograph())
    page.locator("#photograph-work").wait_for()
    page.evaluate("""async (points) => {
      const canvas = document.getElementById("photograph-canvas"), box = canvas.getBoundingClientRect();
      for (const [x, y] of points)
        canvas.dispatchEvent(new MouseEvent("click", { clientX: box.left + x, clientY: box.top + y }));
      document.getElementById("photograph-undo").click();
      const size = explorer.data.imageSize;
      await explorer.engine.encode("dfc", new ImageData(size, size), { lane: "b" });
      await explorer.engine.decode("dfc", new Float32Array(4), { lane: "b" });
      await new Promise((next) => setTimeout(next, 50));
    }""", [EYE_LEFT, EYE_RIGHT, MOUTH])
    assert page.locator("#photograph-next").inner_text().startswith("Point 3 of 3")
    assert page.locator("#photograph-result").is_hidden()


def test_a_phone_and_a_dark_desktop(browser, small):
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with opened(browser, small.path, **phone, reduced_motion="reduce") as page:
        for view in ("attributes", "between", "arithmetic", "samples", "map", "photograph", "notes"):
            page.locator(f"#tab-{view}").tap()
            assert page.evaluate("document.documentElement.scrollWidth") == 390, view
        page.locator("#tab-attributes").tap()
        page.locator("#every figure[data-variant=pvae]").tap()
        assert state(page)["variant"] == "pvae"
        assert page.evaluate("getComputedStyle(document.querySelector('button')).transitionDuration") == "0s"
        light = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.emulate_media(color_scheme="dark")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light


def test_without_javascript_a_sentence_says_so(browser, small):
    with opened(browser, small.path, java_script_enabled=False) as page:
        assert "JavaScript" in page.locator("body noscript").inner_text()
        assert page.locator("#explorer").is_hidden()


def test_names_stay_text(page):
    assert NAMES[3] in page.locator("#view-attributes").inner_html().replace("&lt;", "<").replace("&gt;", ">")
    assert page.locator("b[title=x]").count() == 0


def test_without_attributes_and_encoders_the_views_say_so(browser, tmp_path):
    poor = write_small_page(tmp_path, with_attributes=False)
    with opened(browser, poor.path) as page:
        said = {view: (page.locator(f"#tab-{view}").click(), page.locator(f"#view-{view}").inner_text())[1]
                for view in ("attributes", "arithmetic", "map", "photograph", "notes")}
        assert "Sliders need attributes, and the data set has none." in said["attributes"]
        assert "It has no encoder" in said["attributes"]
        assert "Arithmetic needs attributes, and the data set has none." in said["arithmetic"]
        assert "The map needs latent vectors" in said["map"]
        assert "A photograph needs an encoder" in said["photograph"]
        assert "its model has a layer of another kind" in said["notes"]
        assert page.locator("#variant-own").is_disabled()
        page.locator("#tab-samples").click()
        settle(page)
        poor.assert_shows(page, 'canvas[data-variant="dcgan"][data-sample="0"]', "dcgan",
                          latent(page, "dcgan", "sample:prior:1"))
