"""Table 1, the published rows and ours."""

import numpy as np
import pandas as pd
import pytest

from pipeline.report.table1 import (
    MEASURES,
    build_table1,
    published,
    published_averages,
    table1_notes,
    without_both_classes,
    without_score,
)
from pipeline.report.table1_files import in_one_line, write_table1_csv, write_table1_markdown
from pipeline.report.table1_layout import attribute_table, averages_table, chosen_view_sets
from pipeline.vocabulary import ATTRIBUTES


def rows(accuracy, majority=0.8, valid_accuracy=0.85):
    """Other measures 12 to 6 points lower; Bald and Gray_Hair without both classes among the test images."""
    shares = np.linspace(accuracy - 0.1, accuracy + 0.1, 40)
    balanced = np.where(np.isin(ATTRIBUTES, ["Bald", "Gray_Hair"]), np.nan, accuracy - 0.12)
    return pd.DataFrame({"attribute": ATTRIBUTES, "accuracy": shares, "balanced_accuracy": balanced,
                         "average_precision": balanced + 0.02, "auroc": balanced + 0.06, "majority": majority,
                         "positives": np.where(np.isnan(balanced), 0, 10), "images": 40,
                         "valid_accuracy": valid_accuracy, "C": 1.0, "note": ""})


@pytest.fixture
def results():
    # Rows in another order must not change the table.
    return {"PVAE": {"aligned": rows(0.84)},
            "VAE-123": {"aligned": rows(0.86), "multi_view": rows(0.87).sample(frac=1, random_state=0)}}


def test_published_rows_are_the_papers():
    table = published()
    assert table.shape == (7, 41)
    assert table.loc["VAE-345", "Average"] == 88.73 and table.loc["VAE-123", "Average"] == 86.95
    assert table.loc["FaceTracer", "Young"] == 80 and table.loc["LNets+ANet", "Male"] == 98
    # The paper's averages are the means of its own whole percentages.
    np.testing.assert_allclose(table[list(ATTRIBUTES)].mean(axis=1), table["Average"], atol=0.0051)


def test_ours_stand_beside_the_published_and_the_majority(results):
    table = build_table1(results)
    assert list(table.columns) == ["measure", "source", "method", "view", "validation accuracy", *ATTRIBUTES,
                                   "Average"]
    accuracy = table[table["measure"] == "accuracy"]
    assert list(accuracy["source"]) == ["paper"] * 7 + ["baseline"] + ["ours"] * 3
    ours = accuracy[(accuracy["method"] == "VAE-123") & (accuracy["view"] == "multi_view")].iloc[0]
    assert ours["5_o_Clock_Shadow"] == pytest.approx(77) and ours["Young"] == pytest.approx(97)
    assert ours["Average"] == pytest.approx(87)
    assert ours["validation accuracy"] == pytest.approx(85) and accuracy["validation accuracy"].notna().sum() == 3
    assert accuracy.loc[7, "method"] == "majority class" and accuracy.loc[7, "Average"] == pytest.approx(80)


def test_balanced_accuracy_has_its_own_rows_and_skips_attributes_with_one_class(results):
    balanced = build_table1(results).query("measure == 'balanced accuracy'")
    assert list(zip(balanced["source"], balanced["method"], balanced["view"], strict=True)) == [
        ("baseline", "majority class", ""), ("ours", "PVAE", "aligned"), ("ours", "VAE-123", "aligned"),
        ("ours", "VAE-123", "multi_view")]
    majority, pvae = balanced.iloc[0], balanced.iloc[1]
    assert majority["Male"] == majority["Average"] == 50 and pvae["Male"] == pvae["Average"] == pytest.approx(72)
    assert np.isnan(majority["Bald"]) and np.isnan(pvae["Bald"])
    table = build_table1(results)
    assert without_both_classes(table) == ["Bald", "Gray_Hair"]
    assert "2 of the 40 attributes" in table1_notes(table)[-1] and "Bald, Gray Hair." in table1_notes(table)[-1]


def test_the_majority_ranks_all_images_alike(results):
    table = build_table1(results)
    assert list(dict.fromkeys(table["measure"])) == ["accuracy", "balanced accuracy", "average precision", "AUROC"]
    for measure, majority, ours in (("average precision", 25, 74), ("AUROC", 50, 78)):
        of_measure = table[table["measure"] == measure]
        assert list(of_measure["source"]) == ["baseline"] + ["ours"] * 3
        assert of_measure["Average"].iloc[0] == of_measure["Male"].iloc[0] == majority
        assert of_measure["Average"].iloc[1] == pytest.approx(ours)
        assert of_measure["Bald"].isna().all()


def test_the_set_that_is_shown_is_chosen_on_validation_and_not_by_its_accuracy():
    table = build_table1({"PVAE": {"aligned": rows(0.9, valid_accuracy=0.8), "eyes": rows(0.8, valid_accuracy=0.9)},
                          "VGG-FC": {"landmark": rows(0.7, valid_accuracy=np.nan)}})
    assert chosen_view_sets(table) == {"PVAE": "eyes", "VGG-FC": ""}
    for measure in MEASURES:
        assert [cell.css for cell in attribute_table(table, measure).headings[1:4]] == ["ours other", "ours", "ours"]


def test_baselines_stand_behind_the_majority_class_and_not_among_ours(results, tmp_path):
    supervised = rows(0.9).assign(C=np.nan)
    table = build_table1(results, {"PCA of the pixels": {"landmark": rows(0.85)},
                                   "supervised": {"landmark": supervised}})
    for measure, average in (("accuracy", 85), ("balanced accuracy", 73)):
        of_measure = table[(table["measure"] == measure) & (table["source"] == "baseline")]
        assert list(zip(of_measure["method"], of_measure["view"], strict=True)) == [
            ("majority class", ""), ("PCA of the pixels", "landmark"), ("supervised", "landmark")]
        assert of_measure["Average"].iloc[1] == pytest.approx(average)
    averages = averages_table(table)
    assert [[cell.text for cell in cells] for cells in averages.rows[3:6]] == [
        ["majority class", "80.00", "–", "50.00", "25.00", "50.00", "–"],
        ["PCA of the pixels", "85.00", "+5.00", "73.00", "75.00", "79.00", "85.00"],
        ["supervised", "90.00", "+10.00", "78.00", "80.00", "84.00", "85.00"]]
    shown = attribute_table(table)
    assert [in_one_line(cell) for cell in shown.headings[4:7]] == [
        "majority class", "PCA of the pixels, landmark", "supervised, landmark"]
    assert {cell.css for row in shown.rows for cell in row[4:7]} == {"baseline"}, "only ours are tinted"
    write_table1_markdown(table, tmp_path / "table1.md", ["PCA of the pixels: components."])
    assert "\n\n- PCA of the pixels: components.\n\n## Accuracy" in (tmp_path / "table1.md").read_text()


def test_a_baseline_with_other_images_has_a_majority_row_of_its_own(results):
    table = build_table1(results, {"PCA of the pixels": {"landmark": rows(0.85, majority=0.7)}})
    accuracy = table[(table["measure"] == "accuracy") & (table["method"] == "majority class")]
    assert list(zip(accuracy["view"], accuracy["Average"].round(), strict=True)) == [
        ("aligned, multi_view", 80), ("landmark", 70)]


def test_where_every_attribute_has_both_classes_nothing_is_said():
    complete = rows(0.9).assign(balanced_accuracy=0.7)
    table = build_table1({"PVAE": {"aligned": complete}})
    assert len(table1_notes(table)) == 1 and without_both_classes(table) == []


def test_views_with_other_images_have_a_majority_row_each(results):
    results["VAE-123"]["multi_view"]["majority"] = 0.75
    table = build_table1(results)
    assert list(table.loc[table["source"] == "baseline", "view"]) == 4 * ["aligned", "multi_view"]


def test_averages_side_by_side(results):
    table = averages_table(build_table1(results)).select("accuracy", "balanced accuracy")
    averages = {in_one_line(name): [cell.text for cell in cells] for name, *cells in table.rows}
    assert list(averages)[:4] == ["PVAE, aligned (ours)", "VAE-123, aligned (ours)", "VAE-123, multi_view (ours)",
                                  "majority class"]
    assert averages["VAE-123, multi_view (ours)"] == ["87.00", "75.00"]
    assert averages["majority class"] == ["80.00", "50.00"]
    assert averages["VGG-FC (paper)"] == ["79.85", "–"]
    assert [cell.text for cell in averages_table(build_table1(results)).rows[2][1:]] == [
        "87.00", "+7.00", "75.00", "77.00", "81.00", "85.00"]


def test_written_tables(results, tmp_path):
    table = build_table1(results)
    write_table1_csv(table, tmp_path / "table1.csv")
    back = pd.read_csv(tmp_path / "table1.csv").fillna({"view": ""})
    pd.testing.assert_frame_equal(back, table, check_dtype=False, atol=1e-4)

    write_table1_markdown(table, tmp_path / "table1.md")
    averages, accuracy, balanced, precision, auroc = (tmp_path / "table1.md").read_text().split("\n## ")
    assert "| VAE-123, multi_view (ours) | 87.00 | 75.00 | 77.00 | 81.00 | 85.00 |" in averages
    assert "2 of the 40 attributes" in averages
    for part, methods in ((accuracy, 11), (balanced, 4), (precision, 4), (auroc, 4)):
        lines = part.splitlines()[2:]
        assert len([line for line in lines if line]) == 2 + 41
        assert {line.count("|") for line in lines if line} == {methods + 2}
    assert precision.startswith("Average precision, in %") and auroc.startswith("AUROC, in %")
    lines = accuracy.splitlines()[2:]
    assert lines[0].startswith("| attribute | PVAE, aligned (ours) |") and "VAE-123 (paper)" in lines[0]
    assert lines[2].startswith("| 5 o Clock Shadow | 74.0 |")
    assert lines[42].startswith("| **Average** | **84.00** |") and lines[42].endswith("| **79.85** |")
    assert "| Bald | – | – | – | – |" in balanced and "(paper)" not in balanced
    assert sorted(p.name for p in tmp_path.iterdir()) == ["table1.csv", "table1.md"]


def test_the_page_gets_one_measure_at_a_time(results):
    table = build_table1(results)
    accuracy, balanced = attribute_table(table), attribute_table(table, "balanced accuracy")
    assert len(accuracy.rows) == 40 and accuracy.last is not None
    assert len(accuracy.headings) == 1 + 11 and in_one_line(accuracy.headings[1]) == "PVAE, aligned (ours)"
    assert len(balanced.rows) == 40 and len(balanced.headings) == 1 + 4


def of_others(names, accuracy=0.9):
    return rows(accuracy).iloc[:len(names)].assign(attribute=names, balanced_accuracy=0.7)


def test_with_some_of_celebas_attributes_the_published_averages_are_over_these_and_say_so(tmp_path):
    table = build_table1({"PVAE": {"aligned": of_others(["Smiling", "giovane", "Male"])}})
    assert list(table.columns[5:]) == ["Smiling", "giovane", "Male", "Average"]
    of_paper = table[table["source"] == "paper"].set_index("method")
    assert of_paper.loc["VAE-345", ["Smiling", "Male", "Average"]].tolist() == [91, 95, 93]
    assert of_paper["giovane"].isna().all() and len(of_paper) == 7
    assert published_averages(("Smiling", "Male"))["VAE-345"] == 93 and published_averages()["VAE-345"] == 88.73
    headings = [in_one_line(row[0]) for row in averages_table(table).rows]
    assert "VAE-345 (paper, over 2 attributes)" in headings and "PVAE, aligned (ours)" in headings
    assert table1_notes(table)[-1] == (
        "The published rows have those of CelebA’s 40 attributes that the data set has: Smiling, Male. Their averages "
        "are over these, ours over all 3, and not the paper’s over 40.")
    write_table1_markdown(table, tmp_path / "table1.md")
    text = (tmp_path / "table1.md").read_text()
    assert text.startswith("## Averages over the 3 attributes, in %") and "| giovane |" in text
    assert [cell.text for cell in attribute_table(table).rows[1][-7:]] == ["–"] * 7
    only = build_table1({"PVAE": {"aligned": of_others(["Smiling"])}})
    assert table1_notes(only)[-1].endswith("Smiling. Their averages are over it, as ours, and not the paper’s over 40.")


def test_without_any_of_celebas_attributes_ours_stand_alone(tmp_path):
    others = {"aligned": of_others(["rot", "grün"])}
    table = build_table1({"PVAE": others}, {"PCA": others})
    assert set(table["source"]) == {"ours", "baseline"} and published_averages(("rot", "grün")) == {}
    assert table1_notes(table)[-1] == (
        "The data set has none of CelebA’s attributes, so no published number stands here.")
    assert table[table["source"] == "ours"]["Average"].iloc[0] == pytest.approx(
        100 * of_others(["rot", "grün"])["accuracy"].mean())
    assert [cell.text for cell in attribute_table(table).headings] == ["attribute", "PVAE", "majority class", "PCA"]


def test_an_attribute_that_is_not_known_has_dashes_and_no_part_in_averages():
    partly = of_others(["rot", "grün", "blau"])
    partly.loc[1, [*MEASURES.values(), "majority", "valid_accuracy"]] = np.nan
    table = build_table1({"PVAE": {"aligned": partly}})
    assert without_score(table) == ["grün"] and without_both_classes(table) == []
    assert [row[1].text for row in attribute_table(table).rows] == ["80.0", "–", "81.0"]
    assert table[table["source"] == "ours"]["Average"].iloc[0] == pytest.approx(80.51, abs=0.01)
    assert "No score is defined for 1 of the 3 attributes" in table1_notes(table)[1]


def test_without_attributes_the_files_exist_and_hold_nothing(tmp_path):
    table = build_table1({})
    assert table.empty
    assert table1_notes(table) == []
    write_table1_csv(table, tmp_path / "table1.csv")
    assert (tmp_path / "table1.csv").read_text() == "measure,source,method,view,validation accuracy,Average\n"
    write_table1_markdown(table, tmp_path / "table1.md", ["a note"])
    assert (tmp_path / "table1.md").read_text().count("\n") == 1
