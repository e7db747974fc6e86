"""Take pictures of MLflow's pages on this project's store, in headless Chromium: python -m docs.screenshots FOLDER.

It starts `mlflow ui` on a free port, opens the pages that people use to compare experiments, and stops it.
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, TimeoutError, sync_playwright

from pipeline import paths
from pipeline.config.loading import load_params
from pipeline.tracking.experiments import find_or_create_mlflow_experiment
from pipeline.tracking.models import registered_name
from pipeline.tracking.ports import HOST, free_port
from pipeline.tracking.store import client, store_uri
from pipeline.training.pictures import RECONSTRUCTIONS, SAMPLES

WIDTH, HEIGHT = 1600, 1000
TRAINING = "workflowType=machine_learning"  # MLflow's pages for training, not those for language models
SETTLE = 8000  # milliseconds until a page has drawn what it asked for; pages that poll are never idle


@contextlib.contextmanager
def pages_of(uri: str) -> Iterator[str]:
    """Serve MLflow's pages while the block runs; yield their address."""
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", uri, "--port", str(port), "--workers", "1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
                               env={**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"})
    try:
        for _ in range(600):
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://{HOST}:{port}/health", timeout=5):
                break
            time.sleep(0.2)
        yield f"http://{HOST}:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def new_page(browser: Browser, pages: str) -> Page:
    """Open MLflow's first page as one that has its assistant closed."""
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    page.set_default_timeout(60_000)
    page.goto(f"{pages}/#/experiments?{TRAINING}", wait_until="load")
    page.get_by_text("MLflow Assistant").wait_for()
    page.wait_for_timeout(SETTLE)
    with contextlib.suppress(TimeoutError):
        page.get_by_role("button", name="Close").click(timeout=10_000)
    return page


def shoot(page: Page, address: str, path: Path, height: int = HEIGHT) -> None:
    """Open an address, wait until it is drawn, and write its picture."""
    page.set_viewport_size({"width": WIDTH, "height": height})
    page.goto(address, wait_until="load")
    page.wait_for_timeout(SETTLE)
    page.screenshot(path=path)
    print(path)


def shoot_grouped_runs(page: Page, address: str, path: Path) -> None:
    """Write a picture of the table of runs, grouped by the tag that names the experiment."""
    page.goto(address, wait_until="load")
    page.wait_for_timeout(SETTLE)
    page.get_by_text("Group by").first.click()
    page.get_by_role("menuitemcheckbox", name="experiment", exact=True).click()
    page.keyboard.press("Escape")
    page.wait_for_timeout(SETTLE)
    page.screenshot(path=path)
    print(path)


def shoot_image_grid(page: Page, address: str, path: Path, step: int) -> None:
    """Write a picture of a chart with a column per run, and a row per kind of picture at one step."""
    page.set_viewport_size({"width": WIDTH, "height": 1600})
    page.goto(address, wait_until="load")
    page.wait_for_timeout(SETTLE)
    page.get_by_role("button", name="Add chart").last.click()
    page.get_by_role("menuitem", name="Image grid").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox", name="Images").click()
    for kind in (RECONSTRUCTIONS, SAMPLES):
        page.get_by_role("option", name=kind, exact=True).click()
    page.keyboard.press("Escape")
    dialog.get_by_role("switch").click()  # it would print all parameters above each column
    dialog.locator("input[type=number]").fill(str(step))
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Add chart").click()
    page.get_by_placeholder("Search metric charts").fill("Image grid")
    page.wait_for_timeout(SETTLE)
    page.locator("[data-component-id=fullscreen_button_chartcard]").last.click()
    page.wait_for_timeout(SETTLE)
    page.screenshot(path=path)
    print(path)


def main() -> None:
    """Write all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--variant", default="dfc", help="whose model is shown, and whose trainings are compared")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    config = load_params().tracking
    connection, experiment = client(config), find_or_create_mlflow_experiment(config)
    of_variant = f"tags.kind = 'training' and tags.variant = '{asked.variant}'"
    trainings = [run.info.run_id for run in connection.search_runs([experiment], of_variant, max_results=4)]
    [newest, *_] = sorted(connection.search_model_versions(f"name = '{registered_name(asked.variant)}'"),
                          key=lambda version: -int(version.version))
    model = newest.tags["model_id"]
    runs, curves = urllib.parse.quote(json.dumps(trainings)), urllib.parse.quote(of_variant)
    with pages_of(store_uri(config)) as pages, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = new_page(browser, pages)
        shoot(page, f"{pages}/#/experiments/{experiment}?{TRAINING}", asked.folder / "experiment.png")
        shoot_grouped_runs(page, f"{pages}/#/experiments/{experiment}/runs?{TRAINING}", asked.folder / "runs.png")
        shoot(new_page(browser, pages),  # one that remembers no charts of other runs
              f"{pages}/#/experiments/{experiment}/runs?{TRAINING}&compareRunsMode=CHART&searchFilter={curves}",
              asked.folder / "charts.png", 1800)
        last = max(int(path.stem) for path in (paths.pictures(asked.variant) / SAMPLES).glob("*.png"))
        shoot_image_grid(new_page(browser, pages),
                         f"{pages}/#/experiments/{experiment}/runs?{TRAINING}&compareRunsMode=CHART&searchFilter={curves}",
                         asked.folder / "image_grid.png", last)
        shoot(page, f"{pages}/#/compare-runs?runs={runs}&experiments=%5B%22{experiment}%22%5D&{TRAINING}",
              asked.folder / "compare.png")
        shoot(page, f"{pages}/#/experiments/{experiment}/models/{model}?{TRAINING}", asked.folder / "model.png", 1400)
        shoot(page, f"{pages}/#/models/{newest.name}?{TRAINING}", asked.folder / "registered.png")
        browser.close()


if __name__ == "__main__":
    main()
