"""Sentences for the user."""

from pathlib import Path

from pipeline.messages import reported, views_added, without_password


def test_a_uri_is_shown_without_its_password():
    assert without_password("postgresql://me:secret@host/db") == "postgresql://host/db"
    assert without_password("sqlite:////a/b@c.db") == "sqlite:////a/b@c.db"


def test_the_last_line_of_view_gains_names_the_step_chosen_on_validation_and_not_the_best():
    steps = [{"step": "aligned", "accuracy": 0.9, "dimensions": 100, "C": 1.0, "majority": 0.8},
             {"step": "+ eyes", "accuracy": 0.85, "dimensions": 200, "C": 0.1, "majority": 0.8}]
    assert views_added("VAE-123", Path("view_gains"), steps, "+ eyes") == (
        "view_gains: SVM accuracy 90.0% with view aligned of VAE-123; chosen on validation: + eyes, 85.0% "
        "(200 dimensions, C 0.1); majority class 80.0%")
    assert "chosen" not in views_added("VAE-123", Path("view_gains"), steps, "")


def test_the_last_line_of_report_has_every_variant_with_one_set_of_views():
    said = reported(Path("report/index.html"), 5, "landmark", {"PVAE": 0.8, "VAE-123": 0.861}, True)
    assert said == ("report/index.html: 5 variants; average SVM accuracy, landmark: PVAE 80.0%, VAE-123 86.1%; "
                    "loss network with random weights")
