"""The page in Chromium: contents, dark colours, a copy outside the project, and print."""

import shutil

import pytest

from pipeline import paths
from pipeline.report.page import write_report
from tests.report.test_links import report  # noqa: F401  a fixture

pytestmark = pytest.mark.slow
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")


@pytest.fixture(scope="module")
def browser():
    if not CHROMIUM:
        pytest.skip("there is no Chromium on this machine")
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


def opened(browser, path, width=1280, **options):
    page = browser.new_context(viewport={"width": width, "height": 800}, offline=True, **options).new_page()
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.goto(path.resolve().as_uri())
    return page


def test_the_contents_stay_beside_the_text_and_are_folded_above_it_on_a_phone(browser, report):  # noqa: F811
    file = write_report(paths.REPORT, report)
    wide, phone = opened(browser, file), opened(browser, file, width=390)
    wide.locator("#words").scroll_into_view_if_needed()
    wide.locator(".contents a[aria-current]").wait_for()
    contents, text = wide.locator(".contents").bounding_box(), wide.locator("main").bounding_box()
    assert contents["x"] + contents["width"] <= text["x"] and 0 <= contents["y"] < 10, "still at the top of the window"
    assert not phone.locator(".contents ol").first.is_visible()
    phone.locator(".contents summary").click()
    phone.locator(".contents a", has_text="Words").click()
    assert phone.evaluate("document.querySelector('#words').getBoundingClientRect().top") < 800
    assert phone.evaluate("document.documentElement.scrollWidth") == 390, "tables scroll, the page does not"
    assert wide.errors == phone.errors == []


def test_the_skip_link_is_the_first_that_the_keyboard_reaches(browser, report):  # noqa: F811
    page = opened(browser, write_report(paths.REPORT, report))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the text"
    assert page.locator(".skip").bounding_box()["x"] == 0


def test_text_and_background_swap_in_the_dark_and_not_on_paper(browser, report):  # noqa: F811
    page = opened(browser, write_report(paths.REPORT, report), color_scheme="dark")
    background = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(background) == "rgb(22, 25, 29)"
    page.emulate_media(media="print")
    assert page.evaluate(background) == "rgb(255, 255, 255)"
    assert not page.locator(".contents").is_visible()


def test_a_copy_outside_the_project_names_files_without_links(browser, report, tmp_path):  # noqa: F811
    inside = write_report(paths.REPORT, report)
    copy = tmp_path / "artifacts" / "report" / "index.html"  # as MLflow lays it down
    copy.parent.mkdir(parents=True)
    shutil.copy(inside, copy)
    for path, linked in ((inside, True), (copy, False)):
        page = opened(browser, path)
        links = page.locator("a.file")
        assert links.count() > 20 and (page.locator("a.file[href]").count() == links.count()) == linked
        assert page.locator(".when-away").is_visible() == (not linked)


def test_a_link_to_what_is_folded_away_unfolds_it(browser, report):  # noqa: F811
    file = write_report(paths.REPORT, report)
    page = opened(browser, file)
    assert not page.locator("#curves-1 img").is_visible()
    page.goto(file.resolve().as_uri() + "#curves-1")
    page.locator("#curves-1 img").wait_for()
