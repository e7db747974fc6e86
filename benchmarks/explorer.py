"""How fast the explorer follows a slider: milliseconds from the input event to the drawn canvas, for each variant.

It opens explorer/index.html in headless Chromium, without a network, and moves a slider of the chosen variant, one
event a frame: the first attribute's, or the one between two samples where a variant has no attribute vectors. Newer
events replace those that wait, so fewer are drawn than sent.
Run it on an idle machine, as: python -m benchmarks.explorer [--page explorer/index.html] [--moves 60]
"""

import argparse
import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

# One input event for each animation frame, as a browser sends them while a finger or a mouse moves.
MOVE = """async ([name, moves]) => {
  explorer.timing[name] = [];
  const slider = document.querySelector("#sliders input:enabled") || document.querySelector("#between-slider");
  const low = Number(slider.min), high = Number(slider.max);
  for (let i = 0; i < moves; i += 1) {
    await new Promise(requestAnimationFrame);
    slider.value = low + ((high - low) * (i + 1)) / moves;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  }
}"""

ABLE = "explorer.data.variants.filter(({ canDecode }) => canDecode).map(({ name, label }) => [name, label])"
SETTLE = """async () => {
  while (!explorer.drawing.idle()) await new Promise((next) => setTimeout(next, 10));
}"""


@contextlib.contextmanager
def browser() -> Iterator[Any]:
    """Start headless Chromium: the system's, or else Playwright's own."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


def open_page(chromium: Any, path: Path, part: str = "", **context: Any) -> Any:
    """Open the page from disk in a context without a network, and wait until it is ready."""
    opened = chromium.new_context(offline=True, **context)
    page = opened.new_page()
    page.goto(path.resolve().as_uri() + part)
    page.wait_for_selector("html[data-ready]", state="attached")
    settle(page)
    return page


def settle(page: Any) -> None:
    """Wait until all is drawn that was asked for."""
    page.evaluate(SETTLE)  # wait_for_function needs eval, which the page's policy refuses


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.explorer", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page", type=Path, default=Path("explorer/index.html"), help="(default %(default)s)")
    parser.add_argument("--moves", type=int, default=60, help="of the slider, for each variant (default %(default)s)")
    options = parser.parse_args(arguments)
    if not options.page.is_file():
        parser.error(f"{options.page} is missing: make it with `dvc repro explorer`")
    print("| variant | moves | drawn | p50, ms | p95, ms |", "|---|---|---|---|---|", sep="\n")
    with browser() as chromium:
        page = open_page(chromium, options.page)
        for name, label in page.evaluate(ABLE):
            times = move(page, name, options.moves)
            middle, high = np.percentile(times, [50, 95])
            print(f"| {label} | {options.moves} | {len(times)} | {middle:.1f} | {high:.1f} |")


def move(page: Any, name: str, moves: int) -> list[float]:
    """Move a slider of a variant; return the milliseconds of each event that was drawn."""
    page.evaluate("name => explorer.state.set({ ...explorer.state.fresh(explorer.data), variant: name })", name)
    if not page.locator("#sliders input:enabled").count():
        page.evaluate("explorer.state.set({ face: 'sample:prior:1', second: 'sample:prior:2', view: 'between' })")
    settle(page)
    page.evaluate(MOVE, [name, 10])  # the worker's code is compiled
    settle(page)
    page.evaluate(MOVE, [name, moves])
    settle(page)
    return page.evaluate("name => explorer.timing[name]", name)


if __name__ == "__main__":
    main()
