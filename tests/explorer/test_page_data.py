"""What the page holds as JSON and base64."""

import base64
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from pipeline.data.attributes import Attributes, no_attributes
from pipeline.explorer.contents import Explored, ExploredVariant
from pipeline.explorer.page import SCRIPTS, STYLES, WEB, WORKER, inlined, write_page
from pipeline.explorer.page_data import on_unit_square, page_data
from pipeline.latent_space.sampling import Mixture
from tests import tiny

EVIL = '</script><script>alert("1")</script><!-- & \u2028 \' "'
NAMES = ("Young", "Smiling", EVIL, "Bald")


def explored(names: tuple[str, ...] = NAMES, faces: int = 3, **variant) -> Explored:
    """Return contents without networks: the first face is known to have the first attribute and to lack the others."""
    attributes = no_attributes(faces)
    if names:
        values, known = np.zeros((2, faces, len(names)), bool)
        values[:1, 0], known[:1] = True, True
        attributes = Attributes(names, values, known)
    return Explored(EVIL, tiny.SIZE, [f"{i}.png" for i in range(faces)], tiny.faces(max(faces, 1))[:faces], attributes,
                    [ExploredVariant("dfc", EVIL, 2, True, **variant)], [EVIL])


def array(blobs: list[str], reference: dict) -> np.ndarray:
    """Return the array that a reference names."""
    count = int(np.prod(reference["shape"]))
    data = base64.b64decode(blobs[reference["blob"]])
    return np.frombuffer(data, reference["type"], count, reference["offset"]).reshape(reference["shape"])


def test_attributes_have_the_pages_order_and_columns_follow_it():
    vectors = np.arange(8, dtype=np.float32).reshape(4, 2)
    vectors[2] = np.nan
    text, blobs = page_data(explored(vectors=vectors, svms=np.arange(12.0).reshape(3, 4)))
    data = json.loads(text)
    assert [(one["name"], one["main"]) for one in data["attributes"]] == [
        ("Bald", True), ("Smiling", True), (EVIL, False), ("Young", False)]
    [variant] = data["variants"]
    np.testing.assert_array_equal(array(blobs, variant["vectors"]), vectors[[3, 1, 2, 0]])
    np.testing.assert_array_equal(array(blobs, variant["svms"])[0], [3, 1, 2, 0])
    assert [face["labels"] for face in data["faces"]] == ["0001", "????", "????"]
    assert [variant[name] for name in ("canDecode", "canEncode", "mixture", "map")] == [False, False, None, None]


def test_a_mixture_comes_back():
    covariances = np.stack([np.array([[2.0, 0.5], [0.5, 1.0]]), np.eye(2)])
    text, blobs = page_data(explored(mixture=Mixture(np.array([0.25, 0.75]), np.ones((2, 2)), covariances)))
    mixture = json.loads(text)["variants"][0]["mixture"]
    first, factor = array(blobs, mixture["cholesky"])[0], np.zeros((2, 2))
    factor[np.tril_indices(2)] = first
    np.testing.assert_allclose(factor @ factor.T, covariances[0], atol=2e-3)
    assert mixture["weights"] == [0.25, 0.75]


@pytest.mark.parametrize(("names", "faces"), [((), 3), (("One",), 1), ((), 0)])
def test_few_faces_and_no_attributes(names, faces):
    data = json.loads(page_data(explored(names, faces))[0])
    assert len(data["attributes"]) == len(names) and len(data["faces"]) == faces
    assert data["originals"]["src"].startswith("data:image/webp") == bool(faces)


class Elements(HTMLParser):
    """The texts of the elements with an id, and the number of scripts."""

    def __init__(self):
        super().__init__()
        self.texts, self.scripts, self.inside = {}, 0, None

    def handle_starttag(self, tag, attrs):
        self.scripts += tag == "script"
        self.inside = dict(attrs).get("id")

    def handle_data(self, data):
        self.texts[self.inside] = self.texts.get(self.inside, "") + data


def test_names_from_data_stay_text(tmp_path):
    page = Elements()
    path = write_page(tmp_path, explored())
    page.feed(path.read_text())
    data = json.loads(page.texts["explorer-data"])
    assert data["attributes"][2]["name"] == data["title"] == data["notes"][0] == EVIL
    assert page.scripts == 2 + len(SCRIPTS) + len(data["variants"])  # data, worker, each file, a blob for each variant
    assert path.read_bytes() == write_page(tmp_path / "again", explored()).read_bytes()


def test_every_file_of_the_page_is_in_it():
    listed = {*STYLES, *WORKER, *SCRIPTS, "web/explorer.html.j2"}
    assert listed == {f"web/{path.name}" for path in (WEB / "web").iterdir()}


def test_a_script_that_would_end_its_element_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.explorer.page.WEB", tmp_path)
    (tmp_path / "own.js").write_text("'</Script>'")
    with pytest.raises(ValueError, match=re.escape("own.js: </s would end")):
        inlined(["own.js"])


def test_a_map_keeps_its_proportions():
    points = np.array([[0.0, 0], [10, 0], [10, 5]])
    np.testing.assert_allclose(on_unit_square(points), [[0, 0.25], [1, 0.25], [1, 0.75]])
    np.testing.assert_array_equal(on_unit_square(np.zeros((1, 2))), [[0.5, 0.5]])
