"""The report page."""

import base64
import html
import io
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from pipeline.errors import InputError
from pipeline.latent_space.attribute_vectors import AttributeVectors
from pipeline.report import page, pictures
from pipeline.report.attribute_words import left_out
from pipeline.report.contents import Caption, FigureEntry, Report, VariantResults
from pipeline.report.figure_entries import figure_entries, table1_entry
from pipeline.report.flips_table import flips_explanations, flips_table
from pipeline.report.gains_table import gains_table
from pipeline.report.numbers import number
from pipeline.report.page import write_report
from pipeline.report.published_later import published_later
from pipeline.report.run_facts import machines_in_words, merged_notes, parameter_rows, trainings_in_words
from pipeline.report.sample_table import sample_table, with_mixture
from pipeline.report.summary_table import summary_table
from pipeline.report.table1 import BALANCED, build_table1
from pipeline.report.table1_layout import attribute_table, averages_table
from pipeline.vocabulary import ATTRIBUTES

VOID = {"meta", "img", "br", "link", "input", "wbr"}


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


def scores(accuracy: float) -> pd.DataFrame:
    return pd.DataFrame({"attribute": ATTRIBUTES, "accuracy": accuracy, "balanced_accuracy": 0.6,
                         "average_precision": 0.55, "auroc": 0.75, "majority": 0.804, "positives": 5, "images": 20,
                         "valid_accuracy": accuracy - 0.01, "C": 1.0, "note": ""})


OF_PHOTOGRAPHS = {"floor": {"frechet_distance": 7.77, "kid": -0.001, "precision": 0.9, "recall": 0.875, "images": 998},
                  "photographs": {"blur": 0.321, "images": 996}}
PROTOCOL = {"images": "view aligned", "image_size": 64, "samples": 999, "reference": "test", "photographs": 996,
            "training_photographs": 998, "bootstrap": 0, "networks": {"loss_network": {
                "features": "VGG-19's relu4_1, averaged", "input": "not resized", "weights": "random",
                "sha256": "0123456789abcdef"}}}


@pytest.fixture
def full(tmp_path):
    for more, name in enumerate(["samples", "curves", "svm", "gains"]):
        Image.new("RGB", (4, 4 + more), "red").save(tmp_path / f"{name}.png")
    positives = np.full(40, 1000)
    positives[4], positives[5] = 0, 37
    vectors = AttributeVectors(ATTRIBUTES, np.zeros((40, 3), np.float32), positives, np.full(40, 1000))
    shared = {"training": {"epochs": 5}}
    return Report(
        title="Faces & features", data={"source": "synthetic", "train": 4500}, loss_network={"source": "random"},
        variants=[
            VariantResults("PVAE", "pvae", {**shared, "loss": {"layers": []}}, {"loss": 12.0}, vectors=vectors,
                    notes=["the mixture is small"]),
            VariantResults("VAE-123", "dfc",
                    {**shared, "loss": {"layers": ["relu1_1", "relu2_1"]}, "model": {"latent_dim": 100}},
                    {"loss": 3214.2, "valid_loss": 4321.9, "relu1_1": 120.0, "active_units": 97, "kl": 25.5},
                    {"landmark": {"accuracy": 0.8843, "balanced_accuracy": 0.61, "majority": 0.804,
                                  "valid_accuracy": 0.86},
                     "multi_view": {"accuracy": 0.8712, "balanced_accuracy": 0.65, "majority": 0.804,
                                    "valid_accuracy": 0.87}},
                    {"psnr": 18.62, "ssim": 0.5, "blur": 0.43, "feature_distance": None, "images": 1000},
                    {"prior": {"frechet_distance": 321.0, "kid": 0.25, "precision": 0.5, "recall": 0.125,
                               "blur": 0.47, "images": 999},
                     "mixture": {"frechet_distance": 45.0, "blur": 0.44, "images": 999},
                     **OF_PHOTOGRAPHS}, {**PROTOCOL, "trained_on": ["relu1_1", "relu2_1"]},
                    vectors, ["the mixture is small"], {"precision": "bf16", "device": "a GPU", "workers": 1},
                    "landmark"),
            VariantResults("DCGAN", "dcgan", {**shared, "loss": {"layers": []}}, {"loss": 1.5}, {}, {},
                    {"prior": {"frechet_distance": 654.0, "blur": 0.41, "images": 999},
                     **OF_PHOTOGRAPHS}, {**PROTOCOL, "trained_on": []},
                    trained={"precision": "fp32", "device": "a laptop", "workers": 4}),
        ],
        warnings=["only 3 of 100 units are active <script>"],
        figures=[FigureEntry(tmp_path / "samples.png", "Samples", "Figure 3 of the first paper", Caption("The same z."),
                             alt="Faces from random z")],
        curves=[FigureEntry(tmp_path / "curves.png", "Curves", label="VAE-123")],
        table1=build_table1({"VAE-123": {"aligned": scores(0.86), "multi_view": scores(0.8712)}}),
        table1_figure=FigureEntry(tmp_path / "svm.png", "Attribute prediction"),
        table1_notes=["VGG-FC was not measured."],
        gains=pd.DataFrame({"step": ["aligned", "+ landmark"], "over": [np.nan, "aligned"], "variants": "dfc",
                            "dimensions": [100, 200],
                            "C": [0.003, 1.0], "accuracy": [0.86, 0.8552], "balanced_accuracy": [0.6, 0.61],
                            "majority": 0.804, "valid_accuracy": [0.85, 0.8611]}),
        gains_figure=FigureEntry(tmp_path / "gains.png", "What each view adds"), frechet_layer="relu4_1")


def text_of(path):
    """The page, without its links to the words that it explains."""
    text = path.read_text(encoding="utf-8")
    parser = Balanced()
    parser.feed(text)
    assert parser.open == []
    return re.sub(r'<a class="word" href="#[\w-]+">(.*?)</a>', r"\1", text)


def row_of(table, name):
    return next([cell.text for cell in row[1:]] for row in table.rows if row[0].text == name)


def column(table, heading, small=None):
    """Texts of the column under a heading, by the name of their row."""
    at = next(i for i, cell in enumerate(table.headings) if cell.text == heading and small in (None, cell.small))
    return {row[0].text: row[at].text for row in table.rows}


def test_the_page_holds_everything_and_needs_no_other_file(full, tmp_path):
    text = text_of(write_report(tmp_path / "report", full))
    assert [p.name for p in (tmp_path / "report").iterdir()] == ["index.html"]
    addresses = re.findall(r'src="([^"]*)"', text)
    assert all(address.startswith("data:image/png;base64,") for address in addresses)
    assert ([base64.b64decode(address.split(",")[1]) for address in addresses]
            == [(tmp_path / f"{name}.png").read_bytes() for name in ("samples", "svm", "gains", "curves")])
    assert not re.search(r"https?:|//\w+\.|@import|url\(|<link|<script [^>]*src", text)
    for expected in ("Faces &amp; features", "&lt;script&gt;", "Figure 3 of the first paper", "relu1_1, relu2_1",
                     "3,214", "valid. 4,322", "active units", "of 100", "18.62",
                     "majority class", "80.40", "86.95", "86.00",
                     "Bald", "Bangs (37 and 1,000)", 'name="viewport"', 'alt="Faces from random z"', "It is not FID",
                     "relu4_1", "Crété", "VGG-FC was not measured.", "PVAE, VAE-123: the mixture is small"):
        assert expected in text, expected


def test_what_others_have_published_stands_apart_with_its_protocol(full, tmp_path):
    section = text_of(write_report(tmp_path, full)).split('<h3 id="published">')[1].split("</section>")[0]
    assert "noisy" in section and "12 of the 40" in section
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)<small>(\d+)</small></th><td>(.*?)</td>", section)
    assert ("AFFACT", "2016", "92.00") in rows and len(rows) == len(published_later())
    assert all(row.protocol in html.unescape(section) and row.source in section for row in published_later())
    assert {row.method for row in published_later()} & set(full.table1["method"]) == {"LNets+ANet"}  # in the paper too


def test_every_picture_has_an_alternative_text_and_links_lead_somewhere(full, tmp_path):
    text = text_of(write_report(tmp_path, full))
    pictures = re.findall(r"<img [^>]*>", text)
    assert len(pictures) == 4 and all(re.search(r'alt="[^"]+"', picture) for picture in pictures)
    links, ids = re.findall(r'href="#([^"]+)"', text), re.findall(r'id="([^"]+)"', text)
    assert len(set(ids)) == len(ids) and set(links) <= set(ids) and {"table1", "views", "samples"} <= set(links)


def test_tables_of_numbers_can_be_sorted_from_the_keyboard_and_their_average_stays_below(full, tmp_path):
    text = text_of(write_report(tmp_path, full))
    tables = re.findall(r'<table class="sortable">.*?</table>', text, re.DOTALL)
    assert len(tables) == 9  # summary, averages, Table 1 by four measures, gains, samples, counts
    for table in tables:
        headings = re.findall(r"<th scope=\"col\".*?</th>", table)
        assert headings and all('<button type="button">' in heading for heading in headings)
        body, _, below = table.partition("</tbody>")
        assert ">Average<" not in body
        assert (">Average<" in below) == (">Attractive<" in body and "positive images" not in table)
    assert "aria-sort" in text


def test_random_weights_are_said_if_and_only_if_the_loss_network_is_random(full, tmp_path):
    assert page.RANDOM_WEIGHTS.startswith("random weights: ")
    assert page.RANDOM_WEIGHTS in text_of(write_report(tmp_path, full))
    for source in ("imagenet", "vgg19.pth"):
        full.loss_network = {"source": source}
        assert "random weights" not in text_of(write_report(tmp_path, full)).lower()


def test_what_a_taught_network_has_learned_from_is_said_if_and_only_if_it_was_taught(full, tmp_path):
    learned_from = "landmarks, thumbnails and noise of 2,009 faces"
    assert "learned from" not in text_of(write_report(tmp_path, full))
    full.loss_network = {"source": "taught", "learned from": learned_from}
    text = text_of(write_report(tmp_path, full))
    assert page.TAUGHT_WEIGHTS.format(learned_from=learned_from) in text and "random weights" not in text.lower()
    assert text.count(f"These features were learned from {learned_from}.") >= 1
    assert f"Loss network here: learned from {learned_from}." in text


def test_the_same_report_gives_the_same_bytes(full, tmp_path):
    assert write_report(tmp_path / "a", full).read_bytes() == write_report(tmp_path / "b", full).read_bytes()


def test_empty_sections_are_left_out(full, tmp_path):
    text = text_of(write_report(tmp_path, Report(title="Nothing yet")))
    for absent in ("<section", "<h2", "Warnings", "<table", "<img", 'href="', "<nav", "Commands"):
        assert absent not in text, absent
    full.table1 = full.gains = None
    full.figures, full.curves = [], []
    for variant in full.variants:
        variant.samples, variant.vectors = {}, None
    text = text_of(write_report(tmp_path, full))
    assert re.findall(r'<section id="(\w+)"', text) == ["summary", "run", "training", "words"]
    assert "Fréchet distance</dt>" not in text and "FID" not in text.replace(page.RANDOM_WEIGHTS, "")


def with_attributes(report, names):
    """Give a report and its variants a data set with these attributes instead of CelebA's."""
    count = len(names)
    report.attributes = names
    table = scores(0.9).iloc[:count].assign(attribute=names)
    report.table1 = build_table1({"VAE-123": {"landmark": table}} if count else {})
    for variant in report.variants:
        variant.attributes = names
        if variant.vectors is not None:
            variant.vectors = AttributeVectors(tuple(names), np.zeros((count, 3), np.float32), np.full(count, 1000),
                                               np.full(count, 1000))
    report.left_out = left_out(names, [])
    return report


def test_with_other_attributes_their_number_stands_in_place_of_40_and_no_published_number_beside_ours(full, tmp_path):
    with_attributes(full, ["rot", "grün <b>", "1"])
    text = text_of(write_report(tmp_path, full))
    plain = re.sub(r"\s+", " ", text)
    for expected in ("share of right answers of 3 linear SVMs on",
                     "Linear SVMs predict the data set’s 3 attributes, one SVM for each",
                     ">Averages over the 3 attributes<", "grün &lt;b&gt;", "has none of CelebA’s attributes",
                     ">Left out<", "means over CelebA’s 40 attributes, of which the data set has none"):
        assert expected in plain, expected
    for absent in ("“paper”", "Published by others", "FaceTracer", "published</dt>", "of 40"):
        assert absent not in plain, absent
    assert not summary_table(full.variants).has("published")


def test_with_one_of_celebas_attributes_the_published_number_is_of_it(full, tmp_path):
    with_attributes(full, ["Smiling"])
    table = summary_table(full.variants)
    at = next(i for i, cell in enumerate(table.headings) if cell.text == "published")
    assert [(cells[at].text, cells[at].small) for cells in table.rows] == [
        ("–", ""), ("87.00", "over 1 attribute"), ("–", "")]
    plain = re.sub(r"\s+", " ", text_of(write_report(tmp_path, full)))
    for expected in ("of 1 linear SVM on", "the data set’s 1 attribute,", "over the one attribute"):
        assert expected in plain, expected
    assert "The figures of correlation and entanglement: they need two attributes, and the data set has one" in plain


def test_without_attributes_a_sentence_replaces_each_section_and_one_list_says_what_is_left_out(full, tmp_path):
    with_attributes(full, [])
    full.gains, full.table1_figure, full.gains_figure = full.gains.iloc[:0], None, None
    for variant in full.variants:
        variant.svm = {}
    text = text_of(write_report(tmp_path, full))
    assert re.findall(r'<section id="(\w+)"', text) == [
        "summary", "run", "figures", "table1", "views", "samples", "training", "flips", "vectors", "words"]
    for section in ("table1", "views", "flips", "vectors"):
        of_section = text.split(f'<section id="{section}">')[1].split("</section>")[0]
        assert "<p>This needs attributes, and the data set has none.</p>" in of_section and "<table" not in of_section
    left = text.split('<h3 id="left-out">')[1].split("</ul>")[0]
    assert left.count("<li>") == 7 and "Table 1 and its baselines: they need attributes" in left
    assert "SVM accuracy" not in text and "40 " not in text.split("</style>")[1]
    links, ids = re.findall(r'href="#([^"]+)"', text), re.findall(r'id="([^"]+)"', text)
    assert len(set(ids)) == len(ids) and set(links) <= set(ids)


def test_where_the_plan_shows_another_set_of_views_the_page_says_so(full, tmp_path):
    assert "which report.view_set names" in text_of(write_report(tmp_path, full))
    full.left_out = left_out(ATTRIBUTES, ["these images have no landmarks",
                                          "report.view_set is aligned instead of eyes"])
    text = text_of(write_report(tmp_path, full))
    assert "which report.view_set names" not in text and "<li>report.view_set is aligned instead of eyes</li>" in text
    assert text.count("<li>These images have no landmarks</li>") == 1 and "Published by others" in text


def test_captions_fit_the_attributes(tmp_path):
    (tmp_path / "dfc").mkdir()
    (tmp_path / "dfc/manipulation.png").touch()
    entries = [figure_entries({"dfc": "VAE-123"}, "dfc", False, "", tmp_path, names)
               for names in (ATTRIBUTES, ["rot"])]
    captions = [entry.caption for of_names in entries for entry in of_names if entry.title == "Attribute manipulation"]
    assert "the six of the second paper" in captions[0].shows and "of the data set" in captions[1].shows
    assert "the 60 are shown" in table1_entry([str(number) for number in range(61)]).caption.reading
    assert table1_entry().caption == table1_entry(["rot"]).caption


def test_the_page_says_in_which_precision_and_on_what_each_model_was_trained(full, tmp_path):
    assert trainings_in_words(full.variants) == {"VAE-123": "in bf16, by 1 worker, on a GPU",
                                           "DCGAN": "in fp32, by 4 workers, the first on a laptop"}
    alike = [VariantResults(label, label, trained={"precision": "fp32", "device": "a", "workers": 1}) for label in "AB"]
    assert trainings_in_words(alike) == {"A, B": "in fp32, by 1 worker, on a"}
    grown = {"precision": "fp32", "device": "a", "workers": 4, "earlier_workers": "4 to step 9, 2 to step 20"}
    assert trainings_in_words([VariantResults("A", "A", trained=grown)]) == {
        "A": "in fp32, by 4 workers, the first on a (earlier 4 to step 9, 2 to step 20)"}
    assert "in fp32, by 4 workers, the first on a laptop" in text_of(write_report(tmp_path / "report", full))


def test_the_page_says_from_which_weights_a_model_was_trained(full, tmp_path):
    full.variants[1].trained |= {"start_weights": "big/models/dfc/model.safetensors", "start_weights_sha256": "ab" * 32}
    begun = "begun with the model's weights in big/models/dfc/model.safetensors (SHA-256 abababababab…)"
    assert trainings_in_words(full.variants)["VAE-123"] == f"in bf16, by 1 worker, on a GPU, {begun}"
    full.variants[1].trained |= {"start_weights_of": "dfc, 8 epochs of 4,500 images of CelebA"}
    assert "weights of dfc, 8 epochs of 4,500 images of CelebA, in big/" in text_of(write_report(tmp_path / "r", full))


MADE = {"python": "3.11.9", "requirements.lock": "0123456789ab", "processor": "a laptop (AVX2)"}
MADE_ON_A_LAPTOP = "Python 3.11.9, packages of requirements.lock 0123456789ab, on a laptop (AVX2)"


def test_the_page_says_by_what_all_results_were_made(full, tmp_path):
    assert machines_in_words([]) == {} and "Made by" not in text_of(write_report(tmp_path / "report", full))
    full.made_by = [("report", MADE), ("train@dfc", MADE)]
    assert machines_in_words(full.made_by) == {"all results": MADE_ON_A_LAPTOP}
    text = text_of(write_report(tmp_path / "report", full))
    assert "Made by" in text and MADE_ON_A_LAPTOP in text and "dvc repro -f" not in text


@pytest.mark.parametrize("other", [{"python": "3.12.3"}, {"requirements.lock": "ba9876543210"},
                                   {"processor": "a server (AMX)"}])
def test_the_page_says_where_results_were_made_by_different_ones(full, tmp_path, other):
    full.made_by = [("dataset", MADE), ("train@dfc", {**MADE, **other}), ("evaluate@dfc", MADE)]
    words = machines_in_words(full.made_by)
    assert words["dataset, evaluate@dfc"] == MADE_ON_A_LAPTOP and next(iter(other.values())) in words["train@dfc"]
    text = text_of(write_report(tmp_path / "report", full))
    assert "dataset, evaluate@dfc" in text and "differ by rounding" in text and "dvc repro -f" in text


def test_a_missing_picture_is_said(full, tmp_path):
    full.figures = [FigureEntry(tmp_path / "absent.png", "Absent")]
    with pytest.raises(InputError, match="absent.png"):
        write_report(tmp_path, full)


def test_a_large_png_is_embedded_smaller_and_looks_the_same(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (24, 24, 3), np.uint8)
    picture = Image.fromarray(noise).resize((480, 480), Image.Resampling.BICUBIC)
    picture.save(tmp_path / "faces.png")
    original = (tmp_path / "faces.png").read_bytes()
    assert len(original) > pictures.LARGE
    kind, data = pictures.data_uri(tmp_path / "faces.png").split(",")
    assert kind == "data:image/webp;base64"
    data = base64.b64decode(data)
    assert len(data) < len(original) / 3
    shown = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), float)
    assert np.abs(shown - np.asarray(picture, float)).mean() < 6


def test_figures_of_the_same_title_stand_under_one_heading_each_with_its_variant(full, tmp_path):
    full.figures = [FigureEntry(tmp_path / f"{name}.png", "Interpolation", "Figure 5", Caption("z."), label=label)
                    for name, label in (("samples", "PVAE"), ("svm", "VAE-123"))]
    text = text_of(write_report(tmp_path, full))
    figures = text[text.index('<section id="figures"'):text.index('<section id="table1"')]
    assert len(re.findall("<h3", figures)) == 1 and figures.count("<figure ") == 2
    assert re.findall(r"<figcaption><b>(.*?)</b>", figures) == ["PVAE", "VAE-123"]
    assert 'alt="Interpolation, VAE-123"' in figures


def test_the_summary_stands_beside_published_numbers_and_has_dashes_where_there_are_none(full):
    table = summary_table(full.variants)
    assert column(table, "SVM accuracy", "%") == {"PVAE": "–", "VAE-123": "88.43", "DCGAN": "–"}
    assert column(table, "published")["VAE-123"] == "86.95"
    assert column(table, "SVM accuracy, set chosen on validation")["VAE-123"] == "87.12"
    assert column(table, "balanced accuracy")["VAE-123"] == "61.00"
    assert [cell.small for cell in table.rows[1][1:4]] == ["landmark", "", "multi_view"]
    full.variants[1].view_set = "eyes"  # not measured: nothing else takes its place
    assert column(summary_table(full.variants), "SVM accuracy, set chosen on validation")["VAE-123"] == "87.12"
    assert not summary_table(full.variants).has("SVM accuracy") and not summary_table(full.variants).has("published")
    assert column(table, "Fréchet distance", "N(0,\xa0I)") == {"PVAE": "–", "VAE-123": "321.0", "DCGAN": "654.0"}
    assert column(table, "Fréchet distance", "mixture") == {"PVAE": "–", "VAE-123": "45.00", "DCGAN": "–"}
    assert set(row_of(table, "DCGAN")) == {"–", "654.0"}
    assert not table.has("FID") and not table.has("feature distance")  # nobody has one
    full.variants[2].samples["prior"]["fid"] = 77.0
    assert column(summary_table(full.variants), "FID") == {"PVAE": "–", "VAE-123": "–", "DCGAN": "77.00"}


def test_two_variants_of_one_label_both_stand_beside_the_published_number():
    svm = {"aligned": {"accuracy": 0.8, "balanced_accuracy": 0.5, "majority": 0.8, "valid_accuracy": float("nan")}}
    table = summary_table([VariantResults(label, name, svm=svm, view_set="aligned") for label, name in (
        ("VAE-345 (dfc)", "dfc"), ("VAE-345 (dfc_345)", "dfc_345"), ("VAE-345 alpha=2", "other"))])
    assert not table.has("SVM accuracy, set chosen on validation"), "there are no validation images"
    assert list(column(table, "published").values()) == ["88.73", "88.73", "–"]


def test_ours_above_the_majority_is_tinted_and_the_chosen_set_of_views_marked(full):
    table = attribute_table(full.table1)
    assert [cell.css for cell in table.headings[1:]] == ["ours other", "ours", "baseline"] + ["paper"] * 7
    assert [(cell.text, cell.css.endswith(" above")) for cell in table.rows[0]] == [
        ("5 o Clock Shadow", False), ("86.0", True), ("87.1", True), ("80.4", False), ("85", False), ("82", False),
        ("88", False), ("91", False), ("89", False), ("89", False), ("83", False)]
    assert len(table.rows) == 40 and [cell.text for cell in table.last[:4]] == ["Average", "86.00", "87.12", "80.40"]
    beside = attribute_table(full.table1, view_set="landmark")
    unlike = {cell.one_line: "unlike" in cell.css for cell in beside.headings[1:]}
    assert unlike == {name: "(ours)" in name and "landmark" not in name for name in unlike} and any(unlike.values())
    balanced = attribute_table(full.table1, BALANCED)
    assert [cell.text for cell in balanced.rows[0]] == ["5 o Clock Shadow", "60.0", "60.0", "50.0"]


def test_the_page_shows_one_measure_at_a_time(full, tmp_path):
    text = text_of(write_report(tmp_path, full))
    style = text[:text.index("</style>")]
    for place, measure in enumerate(("accuracy", "balanced accuracy", "average precision", "AUROC"), 1):
        assert f"#measure-{place}:checked) [class*=measure-]:not(.measure-{place})," in style
        assert text.count(f'id="measure-{place}"') == text.count(f"dense measure-{place}") == 1
        assert f'aria-label="Table 1, {measure}"' in text
    assert "measure-5" not in text and text.count('name="measure"') == 4 and text.count(" checked>") == 2
    for choice, hidden in (("chosen", "other"), ("like", "unlike")):
        assert f".choice:has(#sets-{choice}:checked) .{hidden}" in style
    assert '"sets-like" checked> landmark' in text and text.count('name="sets"') == 3


def test_averages_say_how_far_ours_are_above_the_majority(full):
    table = averages_table(full.table1)
    assert [(cells[0].text, cells[0].small) for cells in table.rows[:4]] == [
        ("VAE-123", "aligned"), ("VAE-123", "multi_view"), ("majority class", ""), ("FaceTracer", "paper")]
    assert [[cell.text for cell in cells[1:]] for cells in table.rows[1:4]] == [
        ["87.12", "+6.72", "60.00", "55.00", "75.00", "86.12"], ["80.40", "–", "50.00", "25.00", "50.00", "–"],
        ["81.13", "–", "–", "–", "–", "–"]]


def test_gains_are_points_over_what_a_step_adds_to(full):
    rows = gains_table(full.gains, {"dfc": "VAE-123"}).rows
    assert [[(cell.text, cell.small) for cell in cells] for cells in rows] == [
        [("aligned", "of VAE-123"), ("86.00", ""), ("–", ""), ("60.00", ""), ("–", ""), ("85.00", ""), ("100", ""),
         ("0.003", "")],
        [("+ landmark", "over aligned"), ("85.52", ""), ("−0.48", ""), ("61.00", ""), ("+1.00", ""), ("86.11", ""),
         ("200", ""), ("1", "")]]


def test_scores_of_samples_stand_beside_those_of_reconstructions_the_floor_and_test_images(full):
    assert [(cells[0].text, cells[0].small, *(cell.text for cell in cells[1:]))
            for cells in sample_table(full.variants).rows] == [
        ("VAE-123", "from N(0,\xa0I)", "321.0", "0.25", "0.500", "0.125", "0.470", "999"),
        ("VAE-123", "from mixture", "45.00", "–", "–", "–", "0.440", "999"),
        ("VAE-123", "reconstructions", "–", "–", "–", "–", "0.430", "1,000"),
        ("DCGAN", "from N(0,\xa0I)", "654.0", "–", "–", "–", "0.410", "999"),
        ("training images", "the floor", "7.77", "-0.001", "0.900", "0.875", "–", "998"),
        ("test images", "", "–", "–", "–", "–", "0.321", "996")]


def test_an_interval_stands_below_its_distance(full):
    full.variants[1].samples["prior"] |= {"frechet_distance_low": 300.0, "frechet_distance_high": 345.0}
    table = sample_table(full.variants)
    assert table.rows[0][1] == ("321.0", "300.0 … 345.0", "", "") and table.rows[1][1].small == ""


def test_the_page_says_how_samples_were_scored_and_whom_the_distances_favour(full, tmp_path):
    text = re.sub(r"\s+", " ", text_of(write_report(tmp_path, full)))
    for expected in ("relu4_1, averaged; not resized; weights: random, sha256 0123456789abcdef…", "64×64 pixels",
                     "999 samples from each source against 996 test images, all of their split",
                     "the floor: 998 training images, all of their split",
                     "The floor</b> is what 998 images of the training split score",
                     "layers of this very network</b>: VAE-123 (relu1_1, relu2_1); most of all those on relu4_1",
                     "998 training images have 7.77, the floor",
                     "No score here is over the features of a network that has trained none"):
        assert expected in text, expected
    assert "resamples" not in text and "Below a distance" not in text and "Inception has trained" not in text
    for variant in full.variants[1:]:
        variant.protocol = variant.protocol | {"bootstrap": 100, "reference": "valid", "networks": {
            **PROTOCOL["networks"], "inception": PROTOCOL["networks"]["loss_network"]}}
    text = re.sub(r"\s+", " ", text_of(write_report(tmp_path, full)))
    for expected in ("from 100 resamples of both sides", "Below a distance", "against 996 validation images",
                     "in 90 to 97 % of cases",
                     "Inception has trained no model here"):
        assert expected in text, expected
    assert sample_table(full.variants).rows[-1][0].text == "validation images"


def test_photographs_that_are_a_part_of_their_split_are_named_so(full, tmp_path):
    for variant in full.variants[1:]:
        variant.protocol = variant.protocol | {"samples": 996, "training_photographs": 996}
    text = re.sub(r"\s+", " ", text_of(write_report(tmp_path, full)))
    assert "996 samples from each source against 996 test images, the first of their split" in text
    assert "996 training images, drawn at random" in text


def test_nothing_is_said_of_a_mixture_where_there_is_none(full, tmp_path):
    assert "mixture of Gaussians" in text_of(write_report(tmp_path, full))
    del full.variants[1].samples["mixture"]
    for variant in full.variants:
        variant.notes = []
    assert "ixture" not in text_of(write_report(tmp_path, full)) and not with_mixture(full.variants)
    for mixture in (True, False):
        samples = figure_entries({"dfc": "VAE-123"}, "dfc", mixture, "validation images", tmp_path)[0]
        assert ("ixture" in samples.caption.reading) == mixture and samples.caption.reading.endswith(".")


def test_the_page_names_the_images_by_which_posteriors_are_judged(full, tmp_path):
    for split, words in (("valid", "validation images"), ("train", "training images")):
        full.variants[1].posterior = {"kl": 25.5, "mmd_p": None, f"{split}_images": 20}
        assert f"<b>Posterior</b>, on {words}." in text_of(write_report(tmp_path, full))


def test_without_variants_of_the_loss_network_nobody_is_favoured(full, tmp_path):
    full.variants[1].protocol = full.variants[2].protocol
    assert "favour models" not in text_of(write_report(tmp_path, full)).split('<section id="samples"')[1]


def test_a_note_that_variants_share_is_told_once_and_a_long_one_folded():
    long = "few images: " + "Bald, " * 50
    variants = [VariantResults("PVAE", "pvae", notes=[long]),
                VariantResults("VAE-123", "dfc", notes=["short: so", long])]
    assert merged_notes(variants) == [("PVAE, VAE-123: few images", "Bald, " * 50), ("VAE-123: short: so", "")]


def test_parameters_are_told_apart_from_shared_ones(full):
    rows = parameter_rows(full.variants)
    assert rows == {"differing": [("loss.layers", ["", "relu1_1, relu2_1", ""]),
                                  ("model.latent_dim", ["–", "100", "–"])],
                    "shared": [("training.epochs", ["5"])]}


def test_figures_are_grouped_by_title_and_takes_those_that_are_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, file in (("pvae", "interpolation"), ("pvae", "correlation"), ("dfc", "interpolation"),
                       ("pvae", "entanglement"), ("dfc", "posterior"),
                       ("dfc", "manipulation")):
        path = tmp_path / "figures" / name / f"{file}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    entries = figure_entries({"pvae": "PVAE", "dcgan": "DCGAN", "dfc": "VAE-123"}, "dfc", True, "training images")
    assert [(entry.paper[:8], entry.label) for entry in entries] == [
        ("Figure 3", ""), ("Figure 4", ""), ("Figure 5", "PVAE"), ("Figure 5", "VAE-123"), ("Figure 5", "VAE-123"),
        ("Figure 7", "PVAE"), ("", "PVAE"), ("", "VAE-123"), ("Figure 8", "")]
    assert "φ coefficient" in entries[5].caption.measured and "of all training images;" in entries[7].caption.measured


FLIPS = {"median_alpha": 1.707, "flipped": 0.394, "others": 0.068, "decoded": None, "unmoved": None, "attributes": 33}


def test_the_page_says_what_attribute_vectors_do(full, tmp_path):
    assert 'id="flips"' not in text_of(write_report(tmp_path, full))
    full.variants[1].flips = FLIPS
    full.variants[1].vector_correlation = {"correlation": 0.739, "mean_absolute_difference": 0.316, "pairs": 78}
    table = flips_table(full.variants)
    assert [row[0].text for row in table.rows] == ["VAE-123"], "only models with attribute vectors"
    assert row_of(table, "VAE-123") == ["1.71", "39.40", "6.80", "33", "0.74", "0.32"]
    assert "the mean of these medians over the attributes" in next(iter(flips_explanations(table).values()))
    assert list(flips_explanations(table)) == [cell.text for cell in table.headings[1:]], "each column is explained"
    assert not table.has("decoded") and flips_table([full.variants[1]]).has("other answers")
    text = text_of(write_report(tmp_path, full))
    assert 'id="flips"' in text and 'href="#flips"' in text and "39.40" in text
    full.variants[1].flips = FLIPS | {"decoded": 0.142, "unmoved": 0.093}
    assert column(flips_table(full.variants), "decoded") == {"VAE-123": "14.20"}


@pytest.mark.parametrize(("value", "text"), [(None, "–"), (float("nan"), "–"), (1000, "1,000"), (np.int64(7), "7"),
                                             (3214.2, "3,214"), (121.31, "121.3"), (18.624, "18.62"),
                                             (0.01234, "0.0123"), ("celeba", "celeba"), (True, "True")])
def test_numbers_are_readable(value, text):
    assert number(value) == text
