"""The page of small models, and one browser for the tests of it."""

import pytest

from tests.explorer.small_page import chromium, opened, settle, write_small_page


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    return write_small_page(tmp_path_factory.mktemp("explorer"))


# For this folder alone: while Playwright runs, its process has a running asyncio loop, and no other can start.
@pytest.fixture(scope="package")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture(scope="package")
def one_page(browser, small):
    with opened(browser, small.path) as shown:
        yield shown


@pytest.fixture
def page(one_page):
    """The page as it is when it has been opened: to open it anew for each test takes a second."""
    one_page.evaluate("explorer.state.set(explorer.state.fresh(explorer.data)); explorer.say('');"
                      "document.querySelector('input[name=which]').checked = true")
    settle(one_page)
    return one_page
