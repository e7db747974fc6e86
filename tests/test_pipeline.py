"""The whole pipeline, as its users run it: a clone, `dvc repro`, an experiment; real DVC, Ray Train and MLflow."""

import contextlib
import json
import re
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from safetensors.torch import save_file

from pipeline.plan.code import OF_EACH_VARIANT, path_of
from pipeline.plan.exempt import EXEMPT
from tests import tiny
from tests.clone import PROJECT, dvc, run, set_params
from tests.clone import clone as make_clone
from tests.data.conftest import draw_celeba

TINY = {"data": {"synthetic_images": 120}, "train": {"epochs": 1}, "loss_network": {"calibration_images": 32},
        "attributes": {"per_class": 20}, "sampling": {"images": 40}, "report": {"mosaic_images": 16},
        "multi_view": {"variants": ["dfc", "vae_wgan"]}, "cluster": {"gpus_per_worker": 0}}
VARIANTS = {"dfc", "dcgan", "vae_wgan"}  # of the committed ones; the others differ from dfc in their loss alone
STAGES = {"train", "latents", "attributes", "samples", "evaluate"}  # of each variant
ENCODERS = {"dfc", "vae_wgan"}
END = {"figures", "report", "track"}


def ran(output: str) -> set[str]:
    return set(re.findall(r"Running stage '(.+?)'", output))


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> Path:
    return make_clone(tmp_path_factory.mktemp("clone") / "project", VARIANTS, **TINY)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> dict[str, str]:
    """Variables by which every process of a stage notes the modules that it loads, in the folder LOADED_MODULES."""
    return {"LOADED_MODULES": str(tmp_path_factory.mktemp("loaded")),
            "PYTHONPATH": str(PROJECT / "tests/loaded_modules")}


@pytest.fixture(scope="module")
def reproduced(clone, recorded) -> str:
    """The output of the first `dvc repro` in the clone, whose results are then committed."""
    output = dvc(clone, "repro", environment=recorded)
    run(clone, "git", "commit", "-qam", "results")
    return output


@pytest.fixture
def made(clone, reproduced) -> Iterator[Path]:
    """The clone, which is as it was after the first run again when the test ends."""
    yield clone
    run(clone, "git", "checkout", "-q", "--", ".")
    dvc(clone, "checkout", "--quiet")
    assert run(clone, "git", "status", "--porcelain") == ""


@contextlib.contextmanager
def changed(clone: Path, name: str, old: str, new: str) -> Iterator[None]:
    """A file of the clone with another text, for as long as the block lasts."""
    path = clone / name
    before = path.read_text()
    assert before.count(old) == 1, (name, old)
    path.write_text(before.replace(old, new))
    try:
        yield
    finally:
        path.write_text(before)


def would_run(clone: Path) -> set[str]:
    """The stages that `dvc status` finds changed, once plan has run."""
    assert ran(dvc(clone, "repro", "plan")) <= {"plan"}
    return set(json.loads(dvc(clone, "status", "--json").splitlines()[-1]))


def of_all(stage: str, variants: set[str] = VARIANTS) -> set[str]:
    return {f"{stage}@{variant}" for variant in variants}


def test_repro_makes_everything(clone, reproduced):
    alone = {"plan", "dataset", "prepare", "loss_network", "loss_networks", "multi_view", "vgg_fc"}
    assert ran(reproduced) == alone | END | of_all("features", ENCODERS) | {
        f"{stage}@{variant}" for stage in STAGES for variant in VARIANTS}
    assert "Traceback" not in reproduced
    for variant in VARIANTS:
        assert (clone / f"models/{variant}/model.safetensors").stat().st_size > 1e6
        drawn = {path.name for path in (clone / f"figures/{variant}").iterdir()}
        assert {"curves.png", "prior.png"} <= drawn
        sampled = json.loads((clone / f"metrics/samples/{variant}.json").read_text())
        assert sampled["prior"]["frechet_distance"] > 0
        assert ("mixture" in sampled) == (variant != "dcgan")
        scores = json.loads((clone / f"metrics/evaluate/{variant}.json").read_text())
        if variant == "dcgan":
            assert scores == {"svm": {}, "reconstruction": None}
            continue
        assert set(scores["svm"]) == {"aligned", "landmark", "multi_view"}
        assert 0 < scores["reconstruction"]["psnr"] < 60
        assert {"mixture.png", "interpolation.png", "correlation.png"} <= drawn
    assert json.loads((clone / "metrics/train/vae_wgan.json").read_text())["gradient_norm"] > 0
    assert {path.name for path in (clone / "figures").glob("*.*")} == {
        "samples.png", "reconstructions.png", "mosaic.jpg", "svm.png", "gains.png"}
    page = (clone / "report/index.html").read_text()
    assert "random weights" in page and "VAE-123" in page and "LNets+ANet" in page and "all results" in page
    ignored = run(clone, "git", "status", "--porcelain", "--untracked-files=all")
    assert not re.search(r"\.(safetensors|parquet|zip|db|png)$", ignored, re.M), ignored


def test_nothing_is_left_to_do(clone, reproduced):
    assert ran(dvc(clone, "repro")) == set()


def test_mlflow_has_one_run_per_variant_with_everything_in_it(clone, reproduced):
    with sqlite3.connect(clone / "mlflow.db") as database:
        runs = dict(database.execute("select run_uuid, name from runs where status = 'FINISHED'"))
        assert sorted(runs.values()) == ["dcgan (DCGAN)", "dfc (VAE-123)", "vae_wgan (VAE-WGAN)"]
        dfc = next(run for run, name in runs.items() if name.startswith("dfc ("))
        parameters = dict(database.execute("select key, value from params where run_uuid = ?", [dfc]))
        assert parameters["loss.layers"] == "relu1_1,relu2_1,relu3_1"
        metrics = {key for key, in database.execute("select distinct key from metrics where run_uuid = ?", [dfc])}
        assert {"step/loss", "step/relu3_1", "epoch/active_units", "epoch/images_per_second",
                "svm/landmark/accuracy", "reconstruction/ssim", "train/seconds"} <= metrics
        tags = dict(database.execute("select key, value from tags where run_uuid = ?", [dfc]))
        assert {"processor", "python", "precision"} <= tags.keys()
        assert tags["git_commit"] == run(clone, "git", "rev-parse", "HEAD~1").strip()  # before its results
        assert len(tags["data_sha256"]) == len(tags["loss_network_sha256"]) == 64
    artifacts = {path.name for path in (clone / "mlartifacts" / dfc / "artifacts").rglob("*") if path.is_file()}
    assert {"prior.png", "samples.png", "correlation.png", "svm_aligned.csv", "index.html"} <= artifacts


def test_an_experiment_reruns_what_its_parameter_touches(made):
    output = dvc(made, "exp", "run", "-n", "layers", "-S", "loss.layers=relu2_1,relu3_1")
    assert ran(output) == {"plan", "loss_networks", "features@dfc", "multi_view"} | END | {
        f"{stage}@dfc" for stage in STAGES}
    plan = json.loads((made / "plan/dfc.json").read_text())
    assert plan["loss"]["layers"] == ["relu2_1", "relu3_1"]
    assert json.loads((made / "plan/pipeline/report.json").read_text())["variants"]["dfc"] == "VAE-23"
    shown = json.loads(dvc(made, "exp", "show", "--json"))
    names = [experiment.get("name") for base in shown for experiment in base.get("experiments") or []]
    assert "layers" in names
    with sqlite3.connect(made / "mlflow.db") as database:
        tagged = database.execute("select count(*) from tags where key = 'dvc_experiment' and value = 'layers'")
        assert tagged.fetchone() == (1,)


def test_where_a_run_happens_reruns_nothing_but_the_plan(made):
    set_params(made, "cluster", checkpoint_steps=50)
    assert ran(dvc(made, "repro")) <= {"plan"}


def test_an_experiment_in_a_copy_says_what_git_does_not_have(made):
    term = made / "pipeline/losses/terms/mine.py"
    term.write_text("import torch\n\n\nclass Mine(torch.nn.Module):\n    pass\n")
    try:
        said = dvc(made, "exp", "run", "--temp", "-S", "+loss.extra.mine={weight: 1}", "plan", ok=False)
    finally:
        term.unlink()
    assert "is mine, which is neither one of total_variation nor a file of your own" in said
    assert "a copy that has Git's files alone: add it to Git" in said and "Traceback" not in said


def test_a_wrong_layer_is_refused_in_one_sentence(made):
    output = dvc(made, "exp", "run", "-S", "loss.layers=relu9_9", ok=False)
    assert "relu9_9 is not a layer of VGG-19" in output
    assert "Traceback" not in output and ran(output) == {"plan"}


# What depends on what.


def test_every_stage_loads_only_what_is_in_its_digest(made, reproduced, recorded):
    """Each stage, and its workers. What a digest lacked would not make the stage run again."""
    processes: dict[str, int] = {}
    for path in Path(recorded["LOADED_MODULES"]).iterdir():
        stage = path.name.split(" ")[0]
        processes[stage] = processes.get(stage, 0) + 1
        if stage != "plan":
            family, _, variant = stage.partition("@")
            path_of_digest = path_of(family, variant if family in OF_EACH_VARIANT else None)
            digest = json.loads((made / path_of_digest).read_text())
            loaded = set(path.read_text().split())
            assert loaded <= digest.keys() | EXEMPT.keys(), (path.name, loaded - digest.keys() - EXEMPT.keys())
    assert processes.keys() - of_all("features") == ran(reproduced) - of_all("features")
    assert processes["prepare"] > 1  # workers


# A change, and the stages whose results it can change: in the file, by its module in the table of plan.table.
EDITS = [
    ("pipeline/losses/kl.py", "threshold: float = 0.01", "threshold: float = 0.02", of_all("train")),
    ("pipeline/losses/adversaries/wasserstein.py", "add(1e-12)", "add(1e-11)", {"train@vae_wgan"}),
    ("pipeline/losses/terms/total_variation.py", "diff(dim=2)", "diff(dim=-2)", set()),
    ("pipeline/data/pixels.py", ".div_(127.5)", ".div_(127.0)",
     {"loss_network", "vgg_fc", "figures", "track"} | of_all("train") | of_all("samples")
     | of_all("latents", ENCODERS) | of_all("evaluate", ENCODERS)),
    ("pipeline/data/views/landmark.py", "32.5, 72, 144.5, 184", "32.5, 71, 144.5, 183", {"prepare"}),
    ("pipeline/evaluation/svm.py", "deviation == 0] = 1", "deviation == 0] = 2",
     of_all("evaluate", ENCODERS) | {"multi_view", "vgg_fc"}),
    ("pipeline/evaluation/published_table1.csv", "VGG-FC,83", "VGG-FC,82", {"report"}),
    ("pipeline/figures/svm_bars.py", "linewidth=5", "linewidth=6", {"figures"}),
    ("stages/samples.py", '"blur": blur(test)', '"blur": 2 * blur(test)', of_all("samples")),
]
HARMLESS = [  # a docstring, a comment, a message, and where work is run
    ("pipeline/losses/kl.py", "The KL term and", "The term KL, and"),
    ("pipeline/training/loop.py", "# beside the progress bar", "# beside the bar"),
    ("pipeline/data/shards.py", "is damaged ({error});", "is not whole ({error});"),
    ("pipeline/data/shards.py", "is damaged ({first_line});", "is not whole ({first_line});"),
    ("pipeline/messages.py", "the last good checkpoint is", "the last good one is"),
    ("pipeline/cluster.py", "timeout=10", "timeout=11"),
]


@pytest.mark.parametrize(("name", "old", "new", "stages"), EDITS, ids=[f"{edit[0]} {edit[2]}" for edit in EDITS])
def test_a_changed_line_makes_those_stages_run_whose_results_it_can_change(made, name, old, new, stages):
    """As DVC sees it; and an interrupted training goes on if, and only if, DVC would not have trained again."""
    before = checkpoints_of(made)
    with changed(made, name, old, new):
        assert would_run(made) == stages
        kept = {variant for variant, folder in checkpoints_of(made).items() if folder == before[variant]}
        assert kept == {variant for variant in VARIANTS if f"train@{variant}" not in stages}


def test_what_only_people_read_makes_nothing_run(made):
    before = checkpoints_of(made)
    with contextlib.ExitStack() as changes:
        for name, old, new in HARMLESS:
            changes.enter_context(changed(made, name, old, new))
        assert would_run(made) == set() and checkpoints_of(made) == before


def test_what_editors_leave_is_no_change(made):
    litter = [made / "pipeline" / name for name in (
        "report.py~", ".report.py.swp", "#report.py#", "report.py.orig", ".DS_Store", "losses/.#kl.py")]
    for path in litter[:-1]:
        path.write_text("x")
    litter[-1].symlink_to("nobody@nowhere")  # Emacs, for as long as it edits
    try:
        assert json.loads(dvc(made, "status", "--json").splitlines()[-1]) == {}
    finally:
        for path in litter:
            path.unlink()


def test_results_from_elsewhere_run_nothing_but_the_plan(made, tmp_path):
    """Pushed, and pulled by another machine, whose code has another comment."""
    dvc(made, "remote", "add", "--default", "--local", "shared", str(tmp_path / "remote"))
    dvc(made, "push")
    other = tmp_path / "other"
    run(made, "git", "clone", "-q", str(made), str(other))
    dvc(other, "remote", "add", "--default", "--local", "shared", str(tmp_path / "remote"))
    dvc(other, "pull")
    with changed(other, "pipeline/losses/kl.py", "The KL term and", "The term KL, and"):
        assert ran(dvc(other, "repro")) == {"plan"}


def checkpoints_of(clone: Path) -> dict[str, str]:
    """Variant → the folder in which its training looks for checkpoints."""
    script = ("import json; from pipeline.config import read_variants; from pipeline.storage import Folder; "
              "from pipeline.training.inputs import inputs_of; "
              "print(json.dumps({v.name: str(inputs_of(v).folder(Folder('.'))) for v in read_variants()}))")
    return json.loads(run(clone, sys.executable, "-c", script).splitlines()[-1])


def test_a_changed_figure_is_drawn_and_nothing_computed(made):
    picture = made / "figures/svm.png"
    before = picture.read_bytes()
    with changed(made, "pipeline/figures/svm_bars.py", "linewidth=5", "linewidth=9"):
        assert ran(dvc(made, "repro", "figures")) == {"plan", "figures"}
        assert picture.read_bytes() != before


def test_a_stage_refuses_code_that_dvc_has_not_seen(made):
    with changed(made, "pipeline/evaluation/svm.py", "deviation == 0] = 1", "deviation == 0] = 2"):
        said = dvc(made, "repro", "--single-item", "--force", "multi_view", ok=False)
        assert "error: pipeline.evaluation.svm has changed since the plan was made" in said
        assert "Traceback" not in said
    with changed(made, "pipeline/losses/kl.py", "The KL term and", "The term KL, and"):
        dvc(made, "repro", "--single-item", "--force", "attributes@dfc")


def test_the_landmark_crop_trains_nothing_again(made):
    with changed(made, "pipeline/data/views/landmark.py", "32.5, 72, 144.5, 184", "32.5, 71, 144.5, 183"):
        said = dvc(made, "repro", *of_all("train"), *of_all("attributes"))
        assert ran(said) - {"plan"} == {"prepare"} | of_all("latents")  # of all views; attributes read another


def test_trained_again_with_equal_weights_runs_nothing_behind(made):
    record = made / "records/train/dfc.json"
    before = json.loads(record.read_text())["mlflow_run"]
    dvc(made, "repro", "--force", "--single-item", "--no-run-cache", "train@dfc")
    assert json.loads(record.read_text())["mlflow_run"] != before
    assert ran(dvc(made, "repro")) == set()


def test_weights_replaced_by_others_of_equal_size(made, tmp_path):
    file, other, inception = (tmp_path / name for name in ("vgg19.safetensors", "other.safetensors", "inception.pth"))
    for path, seed in ((file, 0), (other, 1)):
        save_file(tiny.random_weights("relu4_1", seed), path)
    assert file.stat().st_size == other.stat().st_size
    inception.write_bytes(b"a" * 1000)
    set_params(made, "loss_network", source="file", file=str(file))
    set_params(made, "sampling", inception=str(inception))
    dvc(made, "repro", "loss_network")
    dvc(made, "commit", "--force", *of_all("samples"))
    assert would_run(made).isdisjoint({"loss_network", *of_all("samples")})
    shutil.copy(other, file)
    inception.write_bytes(b"b" * 1000)
    assert {"loss_network", "vgg_fc", *of_all("samples")} <= would_run(made)
    assert ran(dvc(made, "repro", "loss_network")) == {"loss_network"}


def test_an_image_replaced_by_another_of_equal_size(made, tmp_path):
    root = draw_celeba(tmp_path / "celeba", images=40, pictures="folder")
    first, second = (root / "img_align_celeba" / f"00000{number}.jpg" for number in (1, 2))
    longest = max(first.stat().st_size, second.stat().st_size)
    for path in (first, second):
        path.write_bytes(path.read_bytes().ljust(longest, b"\0"))
    set_params(made, "data", source="celeba", root=str(root))
    dvc(made, "repro", "prepare")
    assert ran(dvc(made, "repro", "prepare")) == set()
    shutil.copy(second, first)
    assert ran(dvc(made, "repro", "prepare")) == {"dataset", "prepare"}


def test_the_readmes_loss_of_ones_own(made, recorded):
    """Its file and its variant, as they stand there, trained by two workers; and what is left when it is removed."""
    section = (PROJECT / "README.md").read_text().split("\n## A loss or a model of your own\n")[1].split("\n## ")[0]
    [module, block] = re.findall(r"```(?:python|yaml)\n(.*?)```", section, re.DOTALL)
    params = yaml.safe_load((made / "params.yaml").read_text())
    params["variants"] |= yaml.safe_load(block)["variants"]
    params["cluster"]["workers"] = 2
    added = made / re.match("# (.*)\n", module)[1]
    added.write_text(module)
    try:
        (made / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
        said = dvc(made, "repro", *of_all("train", VARIANTS | {"dfc_edges"}), environment=recorded)
        assert ran(said) == {"plan", "loss_networks", "train@dfc_edges"}
    finally:
        added.unlink()
    steps = (made / "training/dfc_edges/steps.csv").read_text().splitlines()
    column = steps[0].split(",").index("gradient_difference")
    assert all(float(row.split(",")[column]) > 0 for row in steps[1:])
    digest = json.loads((made / "code/train/dfc_edges.json").read_text())
    loaded = [set(path.read_text().split()) for path in Path(recorded["LOADED_MODULES"]).glob("train@dfc_edges *")]
    assert len(loaded) > 2 and all(names <= digest.keys() | EXEMPT.keys() for names in loaded)  # workers among them
    assert sum("pipeline.losses.terms.gradient_difference" in names for names in loaded) == 2

    run(made, "git", "checkout", "-q", "--", "params.yaml")
    said = dvc(made, "repro")
    assert ran(said) <= {"plan", "loss_networks", "figures"} and "deleted, as params.yaml no longer has" in said
    assert not list(made.glob("m*/**/dfc_edges*")) and not list(made.glob("records/**/dfc_edges*"))
