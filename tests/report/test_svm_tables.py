"""All SVMs' scores, as the stages have left them."""

import pandas as pd
import pytest

from pipeline.config.loading import load_params
from pipeline.config.plans import BaselinesPlan, EvaluatePlan, ViewGainsPlan, read_plan
from pipeline.files.json_file import write_json
from pipeline.report.svm_tables import (
    average_accuracies,
    c_notes,
    read_attribute_table,
    read_baseline_notes,
    read_baseline_tables,
    read_combined_tables,
    read_svm_tables,
    svm_warnings,
)
from tests.tiny import PARAMS


def write(path, accuracy: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame({"attribute": ["Bald"], "accuracy": [accuracy], "note": [""]}).to_csv(path, index=False)


def test_combined_sets_are_read_for_table_1_the_first_view_first(tmp_path):
    for name, accuracy in (("all_views", 0.9), ("eyes", 0.8)):
        write(tmp_path / f"svm_{name}.csv", accuracy)
    pd.DataFrame({"step": ["eyes"]}).to_csv(tmp_path / "gains.csv", index=False)
    tables = read_combined_tables(tmp_path)
    assert list(tables) == ["eyes", "all_views"] and tables["all_views"]["accuracy"][0] == 0.9


@pytest.fixture
def evaluated(tmp_path, monkeypatch):
    """Two variants of which one encodes, in the sets of views of the plan; another set is left of an earlier plan."""
    monkeypatch.chdir(tmp_path)
    params = load_params(PARAMS)
    (tmp_path / "plan/pipeline").mkdir(parents=True)
    evaluate = EvaluatePlan(**dict(params.evaluate) | {"view_sets": {"multi_view": ["aligned", "eyes"],
                                                                     "aligned": ["aligned"]}, "lpips": None},
                            reference_rms={}, seed=0)
    view_gains = ViewGainsPlan(**dict(params.view_gains), labels={"dfc": "VAE-123", "dfc_345": "VAE-345"})
    (tmp_path / "plan/pipeline/evaluate.json").write_text(evaluate.model_dump_json())
    (tmp_path / "plan/pipeline/view_gains.json").write_text(view_gains.model_dump_json())
    (tmp_path / "evaluation/dcgan").mkdir(parents=True)
    for name, accuracy in (("aligned", 0.8), ("multi_view", 0.9), ("landmark", 0.1)):
        write(tmp_path / f"evaluation/dfc/svm_{name}.csv", accuracy)
    return tmp_path


def test_every_variant_that_encodes_by_its_label_in_the_order_of_the_view_sets(evaluated):
    tables = read_svm_tables({"dcgan": "DCGAN", "dfc": "VAE-123 (dfc)"})
    assert {label: list(sets) for label, sets in tables.items()} == {"VAE-123 (dfc)": ["multi_view", "aligned"]}
    assert tables["VAE-123 (dfc)"]["multi_view"]["accuracy"][0] == 0.9


def test_several_variants_together_come_last(evaluated):
    write(evaluated / "view_gains/svm_all_views.csv", 0.95)
    write(evaluated / "view_gains/svm_aligned.csv", 0.85)
    tables = read_svm_tables({"dfc": "VAE-123"})
    assert {label: list(sets) for label, sets in tables.items()} == {
        "VAE-123": ["multi_view", "aligned"], "VAE-123 + VAE-345": ["aligned", "all_views"]}


def test_baselines_are_read_by_their_labels_and_say_what_they_see(evaluated):
    plan = BaselinesPlan(view="eyes", methods=[], supervised_epochs=1, svm_c=[1.0], image_size=64, latent_dim=100,
                         channels=[32, 64, 128, 256], layers=[], train_seed=0, seed=0)
    (evaluated / "plan/pipeline/baselines.json").write_text(plan.model_dump_json())
    for name, accuracy in (("pca", 0.7), ("left_of_an_earlier_plan", 0.9)):
        write(evaluated / f"baselines/{name}.csv", accuracy)
    write_json(evaluated / "baselines/notes.json", [
        {"name": "pca", "label": "PCA of the pixels", "note": "PCA of the pixels: components."},
        {"name": "vgg_fc", "label": "VGG-FC", "note": "VGG-FC was not measured: no weights."}])
    tables = read_baseline_tables()
    assert {label: list(sets) for label, sets in tables.items()} == {"PCA of the pixels": ["eyes"]}
    assert tables["PCA of the pixels"]["eyes"]["accuracy"][0] == 0.7
    first, *others = read_baseline_notes()
    assert "see the faces of view eyes alone" in first
    assert others == ["PCA of the pixels: components.", "VGG-FC was not measured: no weights."]


def rows(*accuracies: float, note: object = "") -> pd.DataFrame:
    return pd.DataFrame({"attribute": ["Bald", "Young"], "accuracy": accuracies, "note": [note, float("nan")]})


def test_averages_are_those_of_one_set_and_not_of_the_best():
    tables = {"PVAE": {"eyes": rows(0.5, 0.7)}, "VAE-123": {"aligned": rows(0.8, 0.8), "eyes": rows(0.9, 0.5)},
              "VGG-FC": {"landmark": rows(1.0, 1.0)}}
    assert average_accuracies(tables, "eyes") == {"PVAE": pytest.approx(0.6), "VAE-123": pytest.approx(0.7)}


def test_names_of_attributes_are_read_as_they_are(tmp_path):
    pd.DataFrame({"attribute": ["NA", "1", "grün", "None"], "accuracy": [0.5, float("nan"), 1, 0.25],
                  "note": ["", "NA", "", ""]}).to_csv(tmp_path / "table.csv", index=False)
    table = read_attribute_table(tmp_path / "table.csv")
    assert table["attribute"].tolist() == ["NA", "1", "grün", "None"]
    assert table["accuracy"].isna().tolist() == [False, True, False, False]
    assert read_attribute_table(tmp_path / "table.csv", index=True).loc["NA", "accuracy"] == 0.5


def test_tables_without_an_attribute_are_no_results(evaluated):
    for path in evaluated.glob("evaluation/dfc/*.csv"):
        path.write_text("attribute,accuracy,note\n")
    (evaluated / "view_gains").mkdir()
    (evaluated / "view_gains/svm_all_views.csv").write_text("attribute,accuracy,note\n")
    assert read_svm_tables({"dfc": "VAE-123"}) == {}


def test_svms_that_have_not_converged_are_warnings():
    tables = {"PVAE": {"eyes": rows(0.5, 0.7)}, "VAE-123": {"aligned": rows(0.8, 0.8, note="not converged with C 1")}}
    gains = pd.DataFrame({"step": ["aligned", "+ eyes"], "note": [float("nan"), "2 of 40 SVMs have not converged"]})
    one = "1 of 2 SVMs have not converged, so their scores may be off: Bald"
    assert svm_warnings(tables, gains) == [f"VAE-123, aligned: {one}",
                                           "What each view adds, + eyes: 2 of 40 SVMs have not converged"]


def test_without_a_measured_baseline_nothing_is_said_of_what_they_see(evaluated):
    plan = BaselinesPlan(view="eyes", methods=[], supervised_epochs=1, svm_c=[1.0], image_size=64, latent_dim=100,
                         channels=[32, 64, 128, 256], layers=[], train_seed=0, seed=0)
    (evaluated / "plan/pipeline/baselines.json").write_text(plan.model_dump_json())
    write_json(evaluated / "baselines/notes.json", [
        {"name": "vgg_fc", "label": "VGG-FC", "note": "VGG-FC was not measured: no weights."}])
    assert read_baseline_notes() == ["VGG-FC was not measured: no weights."]


def test_each_c_at_the_edge_is_told_in_one_sentence_of_its_parameter(evaluated):
    largest = max(read_plan(EvaluatePlan).svm_c)
    tables = {"PVAE": {"eyes": rows(0.5, 0.7).assign(C=largest), "aligned": rows(0.5, 0.7).assign(C=0.1)},
              "VAE-123 + VAE-345": {"eyes": rows(0.5, 0.7).assign(C=largest)},
              "supervised network": {"eyes": rows(0.5, 0.7).assign(C=float("nan"))}}
    gains = pd.DataFrame({"step": ["aligned", "+ eyes"], "C": [0.1, 0.003]})
    assert c_notes(tables, gains) == [
        "SVMs: validation chose the largest of evaluate.svm_c, 1, for PVAE, eyes: a C beyond the candidates may be "
        "better.",
        "SVMs: validation chose the smallest of view_gains.svm_c, 0.003, for + eyes: a C beyond the candidates may "
        "be better."]
    assert c_notes({}, gains[:1]) == []
