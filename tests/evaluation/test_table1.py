"""Table 1, the published rows and ours."""

import numpy as np
import pandas as pd
import pytest

from pipeline.data.attributes import ATTRIBUTES
from pipeline.evaluation import table1


def rows(accuracy, majority=0.8):
    return pd.DataFrame({"attribute": ATTRIBUTES, "accuracy": np.linspace(accuracy - 0.1, accuracy + 0.1, 40),
                         "balanced_accuracy": 0.5, "majority": majority, "positives": 10, "note": ""})


@pytest.fixture
def results():
    # Rows in another order must not change the table.
    return {"PVAE": {"aligned": rows(0.84)},
            "VAE-123": {"aligned": rows(0.86), "landmark": rows(0.87).sample(frac=1, random_state=0)}}


def test_published_rows_are_the_papers():
    published = table1.published()
    assert published.shape == (7, 41)
    assert published.loc["VAE-345", "Average"] == 88.73 and published.loc["VAE-123", "Average"] == 86.95
    assert published.loc["FaceTracer", "Young"] == 80 and published.loc["LNets+ANet", "Male"] == 98
    # The paper's averages are the means of its own whole percentages.
    np.testing.assert_allclose(published[list(ATTRIBUTES)].mean(axis=1), published["Average"], atol=0.0051)


def test_ours_stand_beside_the_published_and_the_majority(results):
    table = table1.table1(results)
    assert list(table.columns) == ["source", "method", "view", *ATTRIBUTES, "Average"]
    assert list(table["source"]) == ["paper"] * 7 + ["baseline"] + ["ours"] * 3
    ours = table[(table["method"] == "VAE-123") & (table["view"] == "landmark")].iloc[0]
    assert ours["5_o_Clock_Shadow"] == pytest.approx(77) and ours["Young"] == pytest.approx(97)
    assert ours["Average"] == pytest.approx(87)
    assert table.loc[7, "method"] == "majority class" and table.loc[7, "Average"] == pytest.approx(80)


def test_views_with_other_images_have_a_majority_row_each(results):
    results["VAE-123"]["landmark"]["majority"] = 0.75
    table = table1.table1(results)
    assert list(table.loc[table["source"] == "baseline", "view"]) == ["aligned", "landmark"]


def test_written_tables(results, tmp_path):
    table = table1.table1(results)
    table1.write_csv(table, tmp_path / "table1.csv")
    back = pd.read_csv(tmp_path / "table1.csv", keep_default_na=False)
    pd.testing.assert_frame_equal(back, table, check_dtype=False, atol=1e-4)

    table1.write_markdown(table, tmp_path / "table1.md")
    lines = (tmp_path / "table1.md").read_text().splitlines()
    assert len(lines) == 2 + 41 and len({line.count("|") for line in lines}) == 1
    assert lines[0].startswith("| accuracy in % | PVAE, aligned (ours) |") and "VAE-123 (paper)" in lines[0]
    assert lines[2].startswith("| 5 o Clock Shadow | 74.0 |")
    assert lines[-1].startswith("| **Average** | **84.00** |") and lines[-1].endswith("| **79.85** |")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["table1.csv", "table1.md"]
