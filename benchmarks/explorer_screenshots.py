"""Screenshots of the explorer in headless Chromium: desktop light and dark, every view, a phone, a slider that moves.

Run as: python -m benchmarks.explorer_screenshots FOLDER [--page explorer/index.html]
"""

import argparse
import base64
from pathlib import Path
from typing import Any

from benchmarks.explorer import browser, open_page, settle

DESKTOP = {"width": 1360, "height": 900}
PHONE = {"width": 390, "height": 844}
VIEWS = ("attributes", "between", "arithmetic", "samples", "map", "photograph", "notes")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.explorer_screenshots", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the pictures are written")
    parser.add_argument("--page", type=Path, default=Path("explorer/index.html"), help="(default %(default)s)")
    options = parser.parse_args(arguments)
    if not options.page.is_file():
        parser.error(f"{options.page} is missing: make it with `dvc repro explorer`")
    options.folder.mkdir(parents=True, exist_ok=True)
    with browser() as chromium:
        for scheme in ("light", "dark"):
            desktop(chromium, options, scheme)
        phone(chromium, options)


def desktop(chromium: Any, options: argparse.Namespace, scheme: str) -> None:
    """Every view, and a face while its slider moves."""
    page = open_page(chromium, options.page, viewport=DESKTOP, color_scheme=scheme)
    for view in VIEWS:
        show(page, view)
        page.screenshot(path=options.folder / f"desktop-{scheme}-{view}.png")
    on_the_map(page, options.folder / f"desktop-{scheme}-map-near.png")
    own_photograph(page, options.folder / f"desktop-{scheme}-photograph-taken.png")
    page.evaluate("explorer.state.set(explorer.state.fresh(explorer.data))")
    settle(page)
    slider = page.locator("#sliders input:enabled").first
    if slider.count():
        box = slider.bounding_box()
        middle = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + box["width"] / 2, middle)
        page.mouse.down()
        for step in range(12):  # not rested: the other variants still show the face before
            page.mouse.move(box["x"] + box["width"] * (0.5 + 0.03 * step), middle)
        page.screenshot(path=options.folder / f"desktop-{scheme}-moving.png")
        page.mouse.up()
        settle(page)
        page.screenshot(path=options.folder / f"desktop-{scheme}-moved.png")
    page.context.close()


def on_the_map(page: Any, path: Path) -> None:
    """The map, enlarged, coloured by an attribute, with a face under the pointer."""
    show(page, "map")
    if not page.locator("#map-canvas").is_visible():
        return
    if page.locator("#map-colour option").count() > 1:
        page.locator("#map-colour").select_option(index=min(5, page.locator("#map-colour option").count() - 1))
    box = page.locator("#map-canvas").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.wheel(0, -500)
    page.wait_for_timeout(100)
    page.mouse.move(box["x"] + box["width"] / 2 + 3, box["y"] + box["height"] / 2 + 3)
    page.wait_for_timeout(100)
    page.screenshot(path=path)


def own_photograph(page: Any, path: Path) -> None:
    """A photograph with its three points: a test face, enlarged, which is in the page anyway."""
    show(page, "photograph")
    if not page.locator("#photograph-file").is_visible():
        return
    url = page.evaluate("""() => {
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = 360;
      explorer.pictures.drawOriginal(canvas, 3);
      return canvas.toDataURL();
    }""")
    page.locator("#photograph-file").set_input_files(
        {"name": "face.png", "mimeType": "image/png", "buffer": base64.b64decode(url.split(",")[1])})
    page.locator("#photograph-work").wait_for()
    frame, size = page.evaluate("[explorer.data.frame, explorer.data.imageSize]")
    for name in ("leftEye", "rightEye", "mouth"):
        x, y = (value * 360 / size for value in frame[name])
        page.locator("#photograph-canvas").click(position={"x": x, "y": y})
    page.locator("#photograph-use").wait_for()
    page.screenshot(path=path)


def phone(chromium: Any, options: argparse.Namespace) -> None:
    """Every view as a phone shows it; the whole page."""
    page = open_page(chromium, options.page, viewport=PHONE, color_scheme="light", device_scale_factor=2,
                     has_touch=True, is_mobile=True)
    slider = page.locator("#sliders input:enabled").nth(3)
    if slider.count():  # the face stays in sight, above the sliders
        slider.scroll_into_view_if_needed()
        page.evaluate("window.scrollBy(0, 120)")
        slider.fill("3")
        page.screenshot(path=options.folder / "phone-moving.png")
    for view in VIEWS:
        show(page, view)
        page.screenshot(path=options.folder / f"phone-{view}.png", full_page=True)
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wider > 0:
            print(f"{view}: the page is {wider} pixels wider than a phone")
    page.context.close()


def show(page: Any, view: str) -> None:
    page.locator(f"#tab-{view}").click()
    settle(page)


if __name__ == "__main__":
    main()
