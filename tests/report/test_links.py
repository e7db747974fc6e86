"""The page's links: to its own sections, to the words that it explains, and to the files behind it."""

import re
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from PIL import Image

from pipeline import paths
from pipeline.latent_space.attribute_vectors import AttributeVectors
from pipeline.report import captions
from pipeline.report.contents import FigureEntry, Report, VariantResults
from pipeline.report.figure_entries import curve_entries, figure_entries
from pipeline.report.overview import overview
from pipeline.report.page import write_report
from pipeline.report.result_files import OF_A_VARIANT, address, of_sections
from pipeline.vocabulary import ATTRIBUTES

NAMES = {"dfc": "VAE-123", "dcgan": "DCGAN"}


@pytest.fixture
def report(tmp_path, monkeypatch) -> Report:
    """A report of two variants, one of them with an encoder, in a project whose figures are there."""
    monkeypatch.chdir(tmp_path)
    for file in ("samples.png", "reconstructions.png", "mosaic.jpg", "dcgan/curves.png",
                 *(f"dfc/{name}" for name in OF_A_VARIANT)):
        path = paths.FIGURES / file
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4), "red").save(path)
    vectors = AttributeVectors(ATTRIBUTES, np.zeros((40, 3), np.float32), np.full(40, 9), np.full(40, 9))
    variants = [VariantResults("VAE-123", "dfc", {"train": {"epochs": 3}}, {"loss": 3.0}, vectors=vectors,
                               svm={"landmark": {"accuracy": 0.9, "majority": 0.8, "balanced_accuracy": 0.6,
                                                 "valid_accuracy": 0.9}}, view_set="landmark",
                               reconstruction={"psnr": 20.0}),
                VariantResults("DCGAN", "dcgan", {"train": {"epochs": 3}}, {"loss": 3.0})]
    return Report("Faces", {"source": "drawn", "image size": 64, "train images": 9, "test images": 4},
                  {"source": "random"}, variants, figures=figure_entries(NAMES, "dfc", True, "test images",
                                                                         encoders=["dfc"]),
                  curves=curve_entries(NAMES), files=of_sections(variants, ["pca"]))


def links(page: Path) -> list[str]:
    return re.findall(r'href="([^"]+)"', page.read_text())


def test_links_within_the_page_lead_to_an_anchor_and_each_heading_has_one(report):
    page = write_report(paths.REPORT, report)
    ids = re.findall(r' id="([^"]+)"', page.read_text())
    assert len(set(ids)) == len(ids)
    assert {link[1:] for link in links(page) if link.startswith("#")} <= set(ids)
    headings = re.findall(r"<h[23].*?</h[23]>", page.read_text(), re.DOTALL)
    assert len(headings) > 10 and all('class="anchor"' in heading for heading in headings)


def test_every_figure_names_the_files_from_which_it_is_drawn(report):
    page = write_report(paths.REPORT, report)
    figures = re.findall(r"<figure .*?</figure>", page.read_text(), re.DOTALL)
    assert len(figures) == len(report.figures) + len(report.curves) == 11
    for figure, entry in zip(figures, [*report.figures, *report.curves], strict=True):
        assert re.findall(r'class="file" href="([^"]+)"', figure) == [address(path) for path in entry.files] != []


def test_files_are_named_by_their_path_in_the_project_and_linked_from_the_folder_of_the_report():
    assert address(Path("evaluation/dfc/flips.csv")) == "../evaluation/dfc/flips.csv"
    assert address(paths.REPORT / "table1.csv") == "table1.csv"
    assert unquote(address(Path("models/a b#1/x"))) == "../models/a b#1/x" != address(Path("models/a b#1/x"))


def test_a_variant_without_an_encoder_has_no_files_of_one(report):
    of_dcgan = [str(path) for files in report.files.values() for path in files if "dcgan" in path.parts]
    assert of_dcgan and not any(path.startswith(("evaluation", "latents", "attributes")) for path in of_dcgan)


def test_the_top_says_in_five_lines_what_was_run_and_what_came_out(report):
    for variant, distance in zip(report.variants, (4.5, 3.5), strict=True):
        variant.samples = {"prior": {"frechet_distance": distance}}
    lines = overview(report)
    assert list(lines) == ["Images", "Models", "Loss network", "Best results"], "how they were trained is unknown"
    assert lines["Images"] == "9 training, 4 test images of 64×64 pixels, source: drawn"
    assert lines["Models"] == "VAE-123 (dfc), DCGAN (dcgan); 3 epochs"
    assert "VAE-123, 90.00 % (majority class 80.00 %)" in lines["Best results"] and "20.00 dB" in lines["Best results"]
    assert lines["Best results"].endswith("lower is better: DCGAN, 3.50")
    assert overview(Report("Nothing yet")) == {}


def test_a_page_without_a_caption_has_no_empty_list(report):
    report.figures = [FigureEntry(paths.FIGURES / "samples.png", "Samples"),
                      FigureEntry(paths.FIGURES / "samples.png", "Samples again", caption=captions.RECONSTRUCTIONS)]
    report.curves = []
    text = write_report(paths.REPORT, report).read_text()
    assert text.count('<dl class="numbers reading">') == text.count("<dt>Look for</dt>") == 1
