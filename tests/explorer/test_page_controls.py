"""Every control of the page, by the mouse and by keys alone."""

import pytest

from tests.explorer.small_page import FIRST, opened, settle, state

pytestmark = pytest.mark.slow

# What a person sees: pictures, numbers, the map; and what the page holds. Hidden views are left out.
SEEN = """() => JSON.stringify(explorer.state.current) + document.querySelector("main").innerHTML
  + document.querySelector("#faces").innerHTML + document.querySelector("#map-canvas").toDataURL()"""
OF_PHOTOGRAPHS = {"photograph-file", "photograph-canvas", "photograph-undo", "photograph-use"}  # test_page_photograph


class Hand:
    """Moves controls, and remembers which are left; of each variant's samples one, and no neighbour."""

    def __init__(self, page):
        self.page = page
        page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
        self.left = set(page.evaluate("""[...document.querySelectorAll(
            "button:enabled, input:enabled, select, #reset, [tabindex='0']")]
            .filter((one) => !one.closest("#neighbours") && !one.matches(".samples > :not(:first-child)"))
            .map((one, i) => one.id || (one.id = "control-" + i))""")) - OF_PHOTOGRAPHS

    def moves(self, selector, act="click", *arguments):
        """Move a control; what is seen must differ afterwards."""
        locator = self.page.locator(selector)
        before = self.page.evaluate(SEEN)
        getattr(locator, act)(*arguments)
        self.page.evaluate("new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)))")
        settle(self.page)
        assert self.page.evaluate(SEEN) != before, selector
        self.left.discard(locator.get_attribute("id"))

    def all(self, kind):
        """Return the selectors of the controls of a kind in the view that is shown."""
        return [f"#{one.get_attribute('id')}" for one in
                self.page.locator(f"main > section:not([hidden]) {kind}:enabled").all()]


def test_every_control_does_something(page):
    hand = Hand(page)
    for view in ("between", "arithmetic", "samples", "map", "photograph", "notes", "attributes"):
        hand.moves(f"#tab-{view}")
        for slider in hand.all("input[type=range]"):
            hand.moves(slider, "press", "ArrowRight")
        for select in hand.all("select"):
            hand.moves(select, "press", "ArrowDown")
    hand.moves("#reset")
    hand.moves("#face-list", "press", "End")
    for variant in ("pvae", "vae_wgan", "dcgan", "dfc"):
        hand.moves(f"#variant-{variant}", "check")

    page.locator("#tab-between").click()
    for which, face in [("second", "#face-4"), ("face", "#face-5")]:
        hand.moves(f"input[name=which][value={which}]", "check")
        hand.moves(face)
        assert state(page)[which] == face.replace("#face-", "00000") + ".png"

    page.locator("#tab-samples").click()
    for source in ("mixture", "prior"):
        hand.moves(f"input[name=source][value={source}]", "check")
    hand.moves("#seed", "press", "ArrowUp")
    hand.moves("#seed-next")
    hand.moves("#seed-back")
    for button in hand.all(".samples > :first-child"):
        page.locator("#tab-samples").click()
        hand.moves(button)
        assert state(page)["face"].startswith("sample:prior:") and state(page)["view"] == "attributes"

    page.locator("#tab-map").click()
    for button in ("#map-in", "#map-all", "#map-out", "#map-faces"):
        hand.moves(button)
    hand.moves("#map-canvas", "press", "ArrowRight")
    hand.moves("#map-open")
    assert not hand.left


def test_the_map_by_the_mouse(page):
    page.locator("#tab-map").click()
    page.locator("#map-faces").set_checked(True)
    box = page.locator("#map-canvas").bounding_box()
    x, y = page.evaluate("""() => {
      const { map } = explorer.data.variants[0], canvas = document.querySelector("#map-canvas");
      return explorer.mapView(() => [canvas.clientWidth, canvas.clientHeight]).toPixel([map[10], map[11]]);
    }""")  # of the sixth face, before the map is moved
    page.locator("#map-all").click()
    page.mouse.move(box["x"] + x, box["y"] + y)
    assert "000005.png" in page.locator("#map-name").inner_text()  # on hovering
    assert state(page)["face"] == FIRST
    page.mouse.click(box["x"] + x, box["y"] + y)
    assert state(page)["face"] == "000005.png"
    nearest = page.locator("#map-neighbours button").first
    wanted = nearest.get_attribute("data-face")
    nearest.click()
    assert state(page)["face"] == wanted != "000005.png"

    page.mouse.move(box["x"] + x, box["y"] + y)
    page.mouse.wheel(0, -400)
    page.mouse.down()
    page.mouse.move(box["x"] + x + 60, box["y"] + y)
    page.mouse.up()
    assert state(page)["face"] == wanted  # to drag takes no face
    page.mouse.move(box["x"] + x + 62, box["y"] + y)
    assert "000005.png" in page.locator("#map-name").inner_text()  # it has stayed under the pointer


def test_by_keys_alone(browser, small):
    with opened(browser, small.path) as page:
        press = page.keyboard.press
        press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        tab_to(page, "tab-attributes")
        press("ArrowRight")
        assert state(page)["view"] == "between"
        press("ArrowLeft")
        tab_to(page, "variant-dfc")
        press("ArrowRight")
        assert state(page)["variant"] == "pvae"
        tab_to(page, "face-list")
        press("ArrowRight")
        assert state(page)["face"] == "000001.png"
        tab_to(page, "slider-0")
        press("End")
        press("ArrowLeft")
        assert state(page)["edits"] == {"Male": 3.95}
        assert page.locator("#slider-0").get_attribute("aria-valuetext") == "+3.95"
        press("0")
        assert state(page)["edits"] == {}
        page.locator("#tab-attributes").focus()
        for _ in range(4):
            press("ArrowRight")
        assert state(page)["view"] == "map"
        tab_to(page, "map-canvas")
        for key in ("ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp"):
            press(key)
        press("+")
        press("Shift+ArrowDown")
        name = page.locator("#whisper").inner_text()
        assert name.startswith("Face ")
        press("Enter")
        assert f"Face {state(page)['face']}" in name


def tab_to(page, identity):
    """Press Tab until the element has the focus, which can be seen at every stop but once: behind the last element."""
    in_the_browser = 0
    for _ in range(60):
        page.keyboard.press("Tab")
        focused, outline = page.evaluate("""() => {
          const one = document.activeElement;
          const shown = one.matches("input[type=radio]") ? one.nextElementSibling : one.closest(".slider") || one;
          return [one === document.body ? "body" : one.id, getComputedStyle(shown).outlineStyle];
        }""")
        in_the_browser += focused == "body"
        assert outline != "none" or (focused == "body" and in_the_browser == 1), focused
        if focused == identity:
            return
    raise AssertionError(f"Tab does not reach {identity}")
