"""The report page."""

import base64
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from pipeline import report as page
from pipeline.attribute_vectors import AttributeVectors
from pipeline.data.attributes import ATTRIBUTES
from pipeline.errors import InputError
from pipeline.evaluation import table1
from pipeline.report import FigureEntry, Report, Variant, write_report

VOID = {"meta", "img", "br", "link"}


class Balanced(HTMLParser):
    """Fails on a tag that is closed out of turn."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture
def full(tmp_path):
    Image.new("RGB", (4, 4), "red").save(tmp_path / "samples.png")
    rows = pd.DataFrame({"attribute": ATTRIBUTES, "accuracy": 0.86, "balanced_accuracy": 0.6, "majority": 0.804,
                         "positives": 5, "note": ""})
    positives = np.full(40, 1000)
    positives[4], positives[5] = 0, 37
    vectors = AttributeVectors(np.zeros((40, 3), np.float32), positives, np.full(40, 1000))
    shared = {"training": {"epochs": 5}}
    return Report(
        title="Faces & features", data={"source": "synthetic", "train": 4500}, loss_network={"source": "random"},
        variants=[Variant("PVAE", "pvae", {**shared, "loss": {"layers": []}}, {"loss": 12.0}, None, vectors),
                  Variant("VAE-123", "dfc", {**shared, "loss": {"layers": ["relu1_1", "relu2_1"]}},
                          {"loss": 3214.2, "relu1_1": 120.0, "active_units": 97},
                          {"psnr": 18.62, "ssim": 0.5, "feature_distance": None, "images": 1000}, vectors)],
        warnings=["only 3 of 100 units are active <script>"],
        figures=[FigureEntry(tmp_path / "samples.png", "Samples", "Figure 3", "The same z.")],
        table1=table1.table1({"VAE-123": {"aligned": rows}}))


def text_of(path):
    text = path.read_text(encoding="utf-8")
    parser = Balanced()
    parser.feed(text)
    assert parser.open == []
    return text


def test_the_page_holds_everything_and_needs_no_other_file(full, tmp_path):
    text = text_of(write_report(tmp_path / "report", full))
    assert [p.name for p in (tmp_path / "report").iterdir()] == ["index.html"]
    addresses = re.findall(r'(?:src|href)="([^"#][^"]*)"', text)
    assert len(addresses) == 1 and addresses[0].startswith("data:image/png;base64,")
    assert base64.b64decode(addresses[0].split(",")[1]) == (tmp_path / "samples.png").read_bytes()
    assert "http" not in text and "@import" not in text
    for expected in ("Faces &amp; features", "&lt;script&gt;", "Figure 3 of the paper", "relu1_1, relu2_1", "3,214",
                     "active units", "18.62", "majority class", "80.40", "86.95", "86.00",
                     "Bald", "Bangs (37 and 1,000)", 'name="viewport"'):
        assert expected in text, expected
    assert "<script" not in text


def test_random_weights_are_said_if_and_only_if_the_loss_network_is_random(full, tmp_path):
    assert page.RANDOM_WEIGHTS.startswith("random weights: ")
    assert page.RANDOM_WEIGHTS in text_of(write_report(tmp_path, full))
    for source in ("imagenet", "vgg19.pth"):
        full.loss_network = {"source": source}
        assert "random weights" not in text_of(write_report(tmp_path, full)).lower()


def test_the_same_report_gives_the_same_bytes(full, tmp_path):
    assert write_report(tmp_path / "a", full).read_bytes() == write_report(tmp_path / "b", full).read_bytes()


def test_empty_sections_are_left_out(tmp_path):
    text = text_of(write_report(tmp_path, Report(title="Nothing yet")))
    for absent in ("<h2>Training", "<h2>Figures", "<h2>Table 1", "Warnings", "<table"):
        assert absent not in text


def test_a_missing_picture_is_said(full, tmp_path):
    full.figures = [FigureEntry(tmp_path / "absent.png", "Absent")]
    with pytest.raises(InputError, match="absent.png"):
        write_report(tmp_path, full)


def test_ours_above_the_majority_is_tinted(full):
    cells = page.table1_cells(full.table1)
    assert [column["source"] for column in cells["columns"]] == ["ours", "baseline"] + ["paper"] * 7
    assert cells["rows"][0] == ("5_o_Clock_Shadow", [("86.0", True), ("80.4", False), ("85", False), ("82", False),
                                                     ("88", False), ("91", False), ("89", False), ("89", False),
                                                     ("83", False)])


def test_parameters_are_told_apart_from_shared_ones(full):
    rows = page.parameter_rows(full.variants)
    assert rows == {"differing": [("loss.layers", ["", "relu1_1, relu2_1"])], "shared": [("training.epochs", ["5"])]}


@pytest.mark.parametrize(("value", "text"), [(None, "–"), (float("nan"), "–"), (1000, "1,000"), (np.int64(7), "7"),
                                             (3214.2, "3,214"), (121.31, "121.3"), (18.624, "18.62"),
                                             (0.01234, "0.0123"), ("celeba", "celeba"), (True, "True")])
def test_numbers_are_readable(value, text):
    assert page.number(value) == text
