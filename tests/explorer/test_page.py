"""The page in Chromium, from disk and without a network: its pictures are torch's, and its address holds its state."""

import numpy as np
import pytest

from tests.explorer.small_page import FIRST, NAMES, SECOND, latent, opened, settle, state

pytestmark = pytest.mark.slow
ENCODE = ("dfc", "pvae", "vae_wgan")


def vector(small, variant, name):
    """Return an attribute's vector as the page holds it, in float16."""
    vectors = next(one.vectors for one in small.explored.variants if one.name == variant)
    return vectors[NAMES.index(name)].astype(np.float16).astype(float)


def test_reconstructions_and_edited_faces_are_torchs(page, small):
    small.assert_shows(page, "#live", "dfc", latent(page, "dfc", FIRST))
    for variant in ENCODE:
        small.assert_shows(page, f'#every canvas[data-variant="{variant}"]', variant, latent(page, variant, FIRST))
    page.locator("#sliders input[data-attribute=Smiling]").press("End")
    page.locator("#sliders input[data-attribute=Male]").press("Home")
    settle(page)

    def edited(variant):
        return latent(page, variant, FIRST) + 4 * (vector(small, variant, "Smiling") - vector(small, variant, "Male"))
    small.assert_shows(page, "#live", "dfc", edited("dfc"))
    for variant in ENCODE:
        small.assert_shows(page, f'#every canvas[data-variant="{variant}"]', variant, edited(variant))


def test_the_line_between_faces_is_torchs(page, small):
    page.locator("#tab-between").click()
    page.locator("#between-slider").fill("0.25")
    settle(page)
    first, second = (latent(page, "dfc", face) for face in (FIRST, SECOND))
    small.assert_shows(page, "#between-live", "dfc", 0.75 * first + 0.25 * second)
    small.assert_shows(page, '#strips canvas[data-variant="vae_wgan"][data-step="6"]', "vae_wgan",
                       latent(page, "vae_wgan", SECOND))


def test_arithmetic_is_torchs(page, small):
    page.locator("#tab-arithmetic").click()
    page.locator("#arithmetic-minus").select_option("view")
    page.locator("#arithmetic-minus-by").fill("2.5")
    settle(page)
    for variant, canvas in [("dfc", "#arithmetic-result"), ("pvae", '#arithmetic-every canvas[data-variant="pvae"]')]:
        z = latent(page, variant, FIRST) + vector(small, variant, "Smiling") - 2.5 * vector(small, variant, "view")
        small.assert_shows(page, canvas, variant, z)


@pytest.mark.parametrize("source, variants", [("prior", (*ENCODE, "dcgan")), ("mixture", ENCODE)])
def test_samples_are_torchs(page, small, source, variants):
    page.locator("#tab-samples").click()
    page.locator(f'input[name=source][value="{source}"]').check()
    page.locator("#seed").fill("41")
    page.locator("#seed").press("Enter")
    settle(page)
    drawn = {variant: latent(page, variant, f"sample:{source}:43") for variant in variants}
    for variant in variants:
        small.assert_shows(page, f'canvas[data-variant="{variant}"][data-sample="2"]', variant, drawn[variant])
    if source == "prior":  # the same z where there are as many dimensions
        np.testing.assert_array_equal(drawn["dfc"], drawn["dcgan"])


def test_stale_requests_are_dropped(page, small):
    """Forty events in one moment: the first and the last are drawn, those between wait and are replaced."""
    before = latent(page, "dfc", FIRST)
    page.evaluate("""() => {
      explorer.timing = {};
      const slider = document.querySelector("#sliders input[data-attribute=Smiling]");
      for (let i = 1; i <= 40; i += 1) {
        slider.value = 0.1 * i;
        slider.dispatchEvent(new Event("input", { bubbles: true }));
      }
    }""")
    settle(page)
    assert len(page.evaluate("explorer.timing.dfc")) == 2
    small.assert_shows(page, "#live", "dfc", before + 4 * vector(small, "dfc", "Smiling"))


def test_a_link_holds_the_state(browser, small, page):
    page.evaluate("explorer.state.set({ face: '000003.png', variant: 'pvae', edits: { Smiling: 1.2, view: -3 }, "
                  "view: 'between', t: 0.75, second: '000007.png' })")
    page.wait_for_timeout(300)  # the address follows when nothing has moved for a fifth of a second
    part = page.evaluate("location.hash")
    assert "face=000003.png" in part and "Smiling=1.2" in part and "attribute.view=-3" in part
    with opened(browser, small.path, part) as other:
        assert state(other) == state(page)
        assert other.locator("#status").is_hidden()
        other.evaluate("location.hash = '#face=000002.png&Smiling=0.5'")
        other.wait_for_timeout(50)
        assert state(other)["face"] == "000002.png" and state(other)["edits"] == {"Smiling": 0.5}
        settle(other)
        z = latent(other, "dfc", "000002.png") + 0.5 * vector(small, "dfc", "Smiling")
        small.assert_shows(other, "#live", "dfc", z)


def test_a_message_goes_with_its_error(page):
    page.locator("#tab-samples").click()
    for wrong in ("-5", "1.5", ""):
        page.locator("#seed").fill(wrong)
        page.locator("#seed").press("Enter")
        page.locator("#status", has_text="A seed is a whole number").wait_for()
        assert state(page)["seed"] == 1
        page.locator("#seed").fill("1")
        page.locator("#seed").press("Enter")
        page.locator("#seed").fill("2")
        page.locator("#seed").press("Enter")
        settle(page)
        assert page.locator("#status").inner_text() == ""
        page.locator("#seed").fill("1")
        page.locator("#seed").press("Enter")


def test_what_a_link_names_and_the_page_lacks_is_ignored_with_a_sentence(browser, small):
    with opened(browser, small.path, "#face=nobody&variant=dfc&Smiling=9&Grin=1&t=%E0%A4%A&seed=-1&&=") as page:
        assert state(page)["face"] == FIRST and state(page)["edits"] == {} and state(page)["seed"] == 1
        text = page.locator("#status").inner_text()
        for part in ("face=nobody", "Smiling=9", "Grin=1", "seed=-1"):
            assert part in text
