"""The whole pipeline as its users run it: a clone, `dvc repro`, experiments. Real DVC, Ray Train and MLflow."""

import contextlib
import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
import torch
import yaml
from mlflow import MlflowClient, entities
from safetensors.torch import save_file

from pipeline.evaluation.inception import weight_shapes
from pipeline.files.hashes import sha256
from pipeline.plan.code import OF_EACH_VARIANT, path_of
from pipeline.plan.exempt import reason
from tests import dvc_cache, tiny
from tests.clone import PROJECT, dvc, run, set_params
from tests.clone import clone as make_clone

pytestmark = pytest.mark.slow

TINY = {"data": {"synthetic_images": 120}, "train": {"epochs": 1}, "loss_network": {"calibration_images": 32},
        "teaching": {"epochs": 1},
        "attributes": {"per_class": 20}, "sampling": {"images": 40}, "report": {"mosaic_images": 16},
        "view_gains": {"variants": ["dfc"]}, "cluster": {"gpus_per_worker": 0}}
VARIANTS = {"dfc", "dcgan"}  # the other committed ones differ from dfc only in their loss; test_start_from has vae_wgan
STAGES = {"train", "latents", "attributes", "samples", "evaluate"}  # those that each variant has
ENCODERS = {"dfc"}
END = {"figures", "report", "explorer", "track"}


def ran(output: str) -> set[str]:
    """Return the stages that DVC says it has run."""
    return set(re.findall(r"Running stage '(.+?)'", output))


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> Path:
    return make_clone(tmp_path_factory.mktemp("clone") / "project", VARIANTS, **TINY)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> dict[str, str]:
    """Environment in which each process of a stage writes the modules that it loads into the folder LOADED_MODULES."""
    return {"LOADED_MODULES": str(tmp_path_factory.mktemp("loaded")),
            "PYTHONPATH": str(PROJECT / "tests/loaded_modules")}


@pytest.fixture(scope="module")
def reproduced(clone, recorded) -> str:
    """Run `dvc repro` in the clone and commit the results. Return its output."""
    output = dvc(clone, "repro", environment=recorded)
    run(clone, "git", "commit", "-qam", "results")
    return output


@pytest.fixture
def made(clone, reproduced) -> Iterator[Path]:
    """The clone with its first results. They are restored when the test ends."""
    yield clone
    run(clone, "git", "checkout", "-q", "--", ".")
    dvc(clone, "checkout", "--quiet", "--force")  # what the stage plan has written without DVC is in no cache
    assert run(clone, "git", "status", "--porcelain") == ""


@contextlib.contextmanager
def changed(clone: Path, name: str, old: str, new: str) -> Iterator[None]:
    """Replace a text in one of the clone's files for as long as the block lasts."""
    path = clone / name
    before = path.read_text()
    assert before.count(old) == 1, (name, old)
    path.write_text(before.replace(old, new))
    try:
        yield
    finally:
        path.write_text(before)


def would_run(clone: Path) -> set[str]:
    """Run plan, then return the stages that `dvc status` finds changed."""
    assert ran(dvc(clone, "repro", "plan")) <= {"plan"}
    return set(json.loads(dvc(clone, "status", "--json").splitlines()[-1]))


def of_all(stage: str, variants: set[str] = VARIANTS) -> set[str]:
    return {f"{stage}@{variant}" for variant in variants}


def test_repro_makes_everything(clone, reproduced):
    alone = {"plan", "dataset", "prepare", "teach", "loss_network", "loss_networks", "photographs", "view_gains",
             "baselines"}
    assert ran(reproduced) == alone | END | of_all("features", ENCODERS) | {
        f"{stage}@{variant}" for stage in STAGES for variant in VARIANTS}
    assert "Traceback" not in reproduced
    for variant in VARIANTS:
        assert (clone / f"models/{variant}/model.safetensors").stat().st_size > 1e6
        drawn = {path.name for path in (clone / f"figures/{variant}").iterdir()}
        assert {"curves.png", "prior.png"} <= drawn
        sampled = json.loads((clone / f"metrics/samples/{variant}.json").read_text())
        assert sampled["prior"]["frechet_distance"] > sampled["floor"]["frechet_distance"] > 0
        assert ("mixture" in sampled) == (variant != "dcgan")
        scores = json.loads((clone / f"metrics/evaluate/{variant}.json").read_text())
        if variant == "dcgan":
            assert scores == {"svm": {}, "reconstruction": None}
            continue
        assert set(scores["svm"]) == {"aligned", "landmark", "multi_view"}
        assert {"average_precision", "auroc", "valid_accuracy"} <= scores["svm"]["landmark"].keys()
        assert (clone / f"evaluation/{variant}/svm_multi_view.npz").is_file()
        assert 0 < scores["reconstruction"]["psnr"] < 60
        assert {"mixture.png", "interpolation.png", "correlation.png"} <= drawn
    assert {path.name for path in (clone / "figures").glob("*.*")} == {
        "samples.png", "reconstructions.png", "mosaic.jpg", "svm.png", "gains.png"}
    baselines = json.loads((clone / "metrics/baselines.json").read_text())
    assert baselines and all(0 < scores["accuracy"] <= 1 for scores in baselines.values())
    page = (clone / "report/index.html").read_text()
    assert "VAE-123" in page and "LNets+ANet" in page and "all results" in page and "../explorer/index.html" in page
    assert (clone / "explorer/index.html").stat().st_size < 20e6
    assert "has learned from landmarks, thumbnails and noise of" in page and "random weights" not in page
    ignored = run(clone, "git", "status", "--porcelain", "--untracked-files=all")
    assert not re.search(r"\.(safetensors|parquet|zip|db|png)$", ignored, re.M), ignored


def test_every_link_of_the_report_leads_to_a_file_or_an_anchor(clone, reproduced):
    page = (clone / "report/index.html").read_text()
    links, ids = set(re.findall(r'href="([^"]+)"', page)), set(re.findall(r' id="([^"]+)"', page))
    files = {unquote(link) for link in links if not link.startswith("#")}
    assert len(files) > 30 and [file for file in files if not (clone / "report" / file).is_file()] == []
    assert {f"../{name}" for variant in VARIANTS for name in (
        f"models/{variant}/model.safetensors", f"training/{variant}/steps.csv", f"records/train/{variant}.json",
        *(f"metrics/{stage}/{variant}.json" for stage in ("train", "samples", "evaluate")))} <= files
    assert {f"../evaluation/dfc/svm_{views}.csv" for views in ("aligned", "landmark", "multi_view")} <= files
    assert {link[1:] for link in links if link.startswith("#")} <= ids


def test_no_stage_has_harmed_the_cache(clone, reproduced):
    assert dvc_cache.harmed(clone) == []


def test_nothing_is_left_to_do(clone, reproduced):
    assert ran(dvc(clone, "repro")) == set()


def records(clone: Path) -> dict[str, entities.Run]:
    """Return all runs of the clone's MLflow by their ids."""
    client = MlflowClient(f"sqlite:///{clone}/mlflow.db")
    return {found.info.run_id: found for found in client.search_runs(
        [client.get_experiment_by_name("face-vae").experiment_id], max_results=1000)}


def record(clone: Path, experiment: str, kind: str, variant: str | None = None) -> entities.Run:
    """Return the one record of this kind that an experiment has of a variant."""
    found, = (run for run in records(clone).values() if f"experiment.{experiment}" in run.data.tags
              and run.data.tags["kind"] == kind and run.data.tags.get("variant") == variant)
    return found


def artifacts(clone: Path, run_id: str) -> dict[str, str]:
    """Return a run's files → sha256."""
    folder = clone / "mlartifacts" / run_id / "artifacts"
    return {str(path.relative_to(folder)): sha256(path) for path in folder.rglob("*") if path.is_file()}


def test_mlflow_has_a_training_and_results_for_each_variant_and_one_report(clone, reproduced):
    found, commit = records(clone), run(clone, "git", "rev-parse", "HEAD~1").strip()  # before its results
    name = commit[:7]
    of_variants = {f"{name}: {variant}, {kind}" for kind in ("training", "results") for variant in VARIANTS}
    assert sorted(run.info.run_name for run in found.values()) == sorted({f"{name}: report"} | of_variants)
    assert all(run.info.status == "FINISHED" and run.data.tags["git_commit"] == commit for run in found.values())

    training, results = record(clone, name, "training", "dfc"), record(clone, name, "results", "dfc")
    assert {"step/loss", "step/relu3_1", "epoch/active_units", "epoch/images_per_second",
            "train/seconds"} <= training.data.metrics.keys()
    assert {"svm/landmark/accuracy", "reconstruction/ssim", "flips/attributes", "samples/prior/blur"} <= \
        results.data.metrics.keys()
    for one in (training, results):
        assert one.data.params["loss.layers"] == "relu1_1,relu2_1,relu3_1"
        assert one.data.params["data.synthetic_images"] == "120"
        assert {"processor", "python", "precision"} <= one.data.tags.keys()
    assert results.data.params["sampling.images"] == "40"
    assert results.data.tags["training_run"] == training.info.run_id
    assert training.data.tags["results_run"] == results.info.run_id
    assert results.data.metrics.items() <= training.data.metrics.items()  # training shows its first scores
    assert len(training.data.tags["data_sha256"]) == len(training.data.tags["loss_network_sha256"]) == 64
    assert {"figures/prior.png", "attributes/correlation.csv", "attributes/correlation_labels.csv",
            "evaluation/svm_aligned.csv", "evaluation/flips.csv", "evaluation/entanglement.csv",
            "pipeline/dvc.lock"} <= \
        artifacts(clone, results.info.run_id).keys()
    assert {"report/samples.png", "report/index.html", "explorer/index.html", "baselines/pca.csv",
            "view_gains/gains.csv"} <= \
        artifacts(clone, record(clone, name, "report").info.run_id).keys()


def test_an_experiment_reruns_what_its_parameter_touches(made):
    output = dvc(made, "exp", "run", "-n", "layers", "-S", "loss.layers=relu2_1,relu3_1")
    assert ran(output) == {"plan", "loss_networks", "features@dfc", "view_gains"} | END | {
        f"{stage}@dfc" for stage in STAGES}
    plan = json.loads((made / "plan/dfc.json").read_text())
    assert plan["loss"]["layers"] == ["relu2_1", "relu3_1"]
    assert json.loads((made / "plan/pipeline/report.json").read_text())["variants"]["dfc"] == "VAE-23"
    shown = json.loads(dvc(made, "exp", "show", "--json"))
    names = [experiment.get("name") for base in shown for experiment in base.get("experiments") or []]
    assert "layers" in names
    for variant in VARIANTS:  # also those that came from the cache
        for kind in ("training", "results"):
            of_variant = record(made, "layers", kind, variant)
            assert of_variant.data.tags["experiment.layers"] == ("made it" if variant == "dfc" else "took it over")
            assert of_variant.data.params["name"] == variant
    assert record(made, "layers", "results", "dfc").data.params["loss.layers"] == "relu2_1,relu3_1"


def test_an_experiment_that_trains_nothing_leaves_earlier_records_as_they_were(made):
    """Not one metric, file or tag changes, except for a tag on those that the experiment takes over."""
    client = MlflowClient(f"sqlite:///{made}/mlflow.db")

    def all_of(run: entities.Run) -> dict:
        curves = {name: sorted((one.step, one.value, one.timestamp)
                               for one in client.get_metric_history(run.info.run_id, name))
                  for name in run.data.metrics}
        tags = {name: value for name, value in run.data.tags.items() if name != "experiment.behind"}
        return {"info": dict(run.info), "params": run.data.params, "curves": curves, "tags": tags,
                "artifacts": artifacts(made, run.info.run_id)}

    before = {run_id: all_of(run) for run_id, run in records(made).items()}
    said = dvc(made, "exp", "run", "-n", "behind", "-S", "sampling.images=30")
    assert ran(said) == {"plan", "photographs"} | of_all("samples") | END
    after = records(made)
    assert {run_id: all_of(after[run_id]) for run_id in before} == before
    added = [after[run_id] for run_id in after.keys() - before.keys()]
    assert sorted(run.data.tags["kind"] for run in added) == ["report", *["results"] * len(VARIANTS)]
    for variant in VARIANTS:
        results = record(made, "behind", "results", variant)
        assert results.data.params["sampling.images"] == "30" and results.data.metrics["samples/prior/images"] == 30
        assert results.info.run_id not in before
        training = record(made, "behind", "training", variant)
        assert results.data.tags["training_run"] == training.info.run_id
        assert training.data.tags["experiment.behind"] == "took it over"
        assert training.data.metrics["samples/prior/images"] == 40  # as it was


def test_two_experiments_are_compared_on_one_page(made):
    """Those of the tests above; here they run again where they are asked for alone, from DVC's run cache otherwise."""
    for name, change in (("layers", "loss.layers=relu2_1,relu3_1"), ("behind", "sampling.images=30")):
        if name not in dvc(made, "exp", "list", "--name-only").split():
            dvc(made, "exp", "run", "-n", name, "-S", change)
            run(made, "git", "checkout", "-q", "--", ".")
            dvc(made, "checkout", "--quiet", "--force")
    before = run(made, "git", "status", "--porcelain")
    said = run(made, sys.executable, "-m", "pipeline.comparison", "main", "layers", "behind")
    assert "layers, behind against main: " in said and "the weights of 1 variant (dfc) differ" in said
    assert run(made, "git", "status", "--porcelain") == before
    page = (made / "comparison/index.html").read_text()
    assert "relu2_1, relu3_1" in page and "sampling.images" in page and "is not in DVC" not in page
    assert page.count('alt="Reconstructions of dfc by') == 2  # main and behind have the same weights
    assert "The code of all stages that they share is the same." in page
    assert "protocols differ in" in page  # 30 samples instead of 40


def test_where_a_run_happens_reruns_nothing_but_the_plan(made):
    set_params(made, "cluster", checkpoint_steps=50, checkpoint_seconds=0)
    assert ran(dvc(made, "repro")) <= {"plan"}


# Which stages depend on what.


def test_every_stage_loads_only_what_is_in_its_digest(made, reproduced, recorded):
    """In its own process and its workers. A change of a module that the digest lacks would not rerun the stage."""
    processes: dict[str, int] = {}
    for path in Path(recorded["LOADED_MODULES"]).iterdir():
        stage = path.name.split(" ")[0]
        processes[stage] = processes.get(stage, 0) + 1
        if stage != "plan":
            family, _, variant = stage.partition("@")
            path_of_digest = path_of(family, variant if family in OF_EACH_VARIANT else None)
            digest = json.loads((made / path_of_digest).read_text())
            loaded = set(path.read_text().split())
            assert [name for name in sorted(loaded - digest.keys()) if not reason(name)] == [], path.name
    assert processes.keys() - of_all("features") == ran(reproduced) - of_all("features")
    assert processes["prepare"] > 1  # workers


# (file, old text, new text, the stages whose results this can change: docs/what-runs-again.md has them by module)
EDITS = [
    ("pipeline/losses/kl.py", "threshold: float = 0.01", "threshold: float = 0.02",
     of_all("train") | of_all("evaluate", ENCODERS)),
    ("pipeline/losses/adversaries/gan.py", "softplus(on_fakes).mean()", "softplus(on_fakes).sum()", {"train@dcgan"}),
    ("pipeline/losses/terms/total_variation.py", "diff(dim=2)", "diff(dim=-2)", set()),
    ("pipeline/data/pixels.py", ".div_(127.5)", ".div_(127.0)",
     {"teach", "loss_network", "photographs", "baselines", "figures", "explorer"} | of_all("train")
     | of_all("samples") | of_all("latents", ENCODERS) | of_all("evaluate", ENCODERS)),
    ("pipeline/data/views/landmark.py", "32.5, 72, 144.5, 184", "32.5, 71, 144.5, 183", {"prepare"}),
    ("pipeline/evaluation/feature_table.py", "deviation[constant] = 1", "deviation[constant] = 2",
     of_all("evaluate", ENCODERS) | {"view_gains", "baselines", "explorer", "track"}),
    ("pipeline/report/published_table1.csv", "VGG-FC,83", "VGG-FC,82", {"report"}),
    ("pipeline/figures/svm_bars.py", "linewidth=5", "linewidth=6", {"figures"}),
    ("stages/photographs.py", "\"aligned\", plan.reference", "\"flipped\", plan.reference", {"photographs"}),
    ("pipeline/evaluation/kernel_distance.py", "/ features + 1", "/ features + 2",
     {"photographs"} | of_all("samples")),
]
HARMLESS = [  # a docstring, a comment, messages, and where work is run
    ("pipeline/losses/kl.py", "The KL term and", "The term KL, and"),
    ("pipeline/training/loop.py", "# beside the progress bar", "# beside the bar"),
    ("pipeline/data/shards.py", "is damaged ({error});", "is not whole ({error});"),
    ("pipeline/data/row_groups.py", "is damaged ({first_line});", "is not whole ({first_line});"),
    ("pipeline/messages.py", "the last good checkpoint is", "the last good one is"),
    ("pipeline/cluster/connection.py", "timeout=10", "timeout=11"),
]


# Its argument is a JSON list of edits, each a list of (file, old text, new text). After each it runs the stage plan,
# without DVC, in a fork that remembers the digests of all other files. It prints a line for each: what the stage has
# written (file → text), and the name of the folder in which each variant's training looks for checkpoints. Only forks
# import packages that start threads: a fork lacks the threads of the process that it is made from.
PLAN_AFTER_EDITS = """
import contextlib, json, os, sys
from pathlib import Path
from pipeline.plan.syntax import digest

for folder in ("pipeline", "stages"):
    for path in Path(folder).rglob("*.py"):
        digest(path.read_text())
assert len(os.listdir("/proc/self/task")) == 1
for changes in json.loads(sys.argv[1]):
    before = {name: Path(name).read_text() for name, _, _ in changes}
    for name, old, new in changes:
        assert before[name].count(old) == 1, (name, old)
        Path(name).write_text(before[name].replace(old, new))
    if not (child := os.fork()):
        from pipeline.config.plans import read_variants
        from pipeline.training.inputs import inputs_of
        from stages.plan import main

        with contextlib.redirect_stdout(None):
            main()
        files = {str(path): path.read_text() for folder in ("plan", "code") for path in Path(folder).rglob("*.json")}
        print(json.dumps([files, {v.name: inputs_of(v).configuration() for v in read_variants()}]), flush=True)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    for name, text in before.items():
        Path(name).write_text(text)
"""
Planned = tuple[dict[str, str], dict[str, str]]


@pytest.fixture(scope="module")
def planned(clone, reproduced) -> list[Planned]:
    """What the stage plan does without an edit, after all HARMLESS ones, after each of EDITS, and without one again."""
    edits = [[], HARMLESS, *([edit[:3]] for edit in EDITS), []]
    printed = run(clone, sys.executable, "-c", PLAN_AFTER_EDITS, json.dumps(edits))
    made = [tuple(json.loads(line)) for line in printed.splitlines()]
    assert made[0] == made[-1]
    return made


def stage_of(path: str) -> str:
    """Return the stage whose digest a file of code/ is."""
    return "@".join(Path(path).with_suffix("").parts[1:])


@pytest.mark.parametrize("number", range(len(EDITS)), ids=[f"{edit[0]} {edit[2]}" for edit in EDITS])
def test_a_changed_line_changes_the_digests_of_the_stages_whose_results_it_can_change(planned, number):
    """An interrupted training goes on if, and only if, its stage's digest is the same."""
    (before, checkpoints_before), (after, checkpoints), stages = planned[0], planned[2 + number], EDITS[number][3]
    different = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    assert {stage_of(path) for path in different if path.startswith("code/")} == stages
    assert not [path for path in different if path.startswith("plan/")]
    kept = {variant for variant, folder in checkpoints.items() if folder == checkpoints_before[variant]}
    assert kept == {variant for variant in VARIANTS if f"train@{variant}" not in stages}


def test_dvc_runs_the_stages_whose_digests_changed(made):
    """All edits at once. The stage track runs too, since code decides which record is that of a result."""
    with contextlib.ExitStack() as changes:
        for name, old, new, _ in EDITS:
            changes.enter_context(changed(made, name, old, new))
        assert would_run(made) == set().union({"track"}, *(stages for _, _, _, stages in EDITS))


def test_comments_docstrings_and_messages_make_nothing_run(made, planned):
    with contextlib.ExitStack() as changes:
        for name, old, new in HARMLESS:
            changes.enter_context(changed(made, name, old, new))
        assert would_run(made) == set()
    assert planned[1] == planned[0]


def test_files_that_editors_leave_are_no_change(made):
    litter = [made / "pipeline" / name for name in (
        "report.py~", ".report.py.swp", "#report.py#", "report.py.orig", ".DS_Store", "losses/.#kl.py")]
    for path in litter[:-1]:
        path.write_text("x")
    litter[-1].symlink_to("nobody@nowhere")  # Emacs has it while it edits
    try:
        assert json.loads(dvc(made, "status", "--json").splitlines()[-1]) == {}
    finally:
        for path in litter:
            path.unlink()


def test_results_pulled_from_another_machine_run_nothing_but_the_plan(made, tmp_path):
    """That machine's code has another docstring."""
    dvc(made, "remote", "add", "--default", "--local", "shared", str(tmp_path / "remote"))
    dvc(made, "push")
    other = tmp_path / "other"
    run(made, "git", "clone", "-q", str(made), str(other))
    dvc(other, "remote", "add", "--default", "--local", "shared", str(tmp_path / "remote"))
    dvc(other, "pull")
    with changed(other, "pipeline/losses/kl.py", "The KL term and", "The term KL, and"):
        assert ran(dvc(other, "repro")) == {"plan"}


def test_a_changed_figure_is_drawn_and_nothing_computed(made):
    picture = made / "figures/svm.png"
    before = picture.read_bytes()
    with changed(made, "pipeline/figures/svm_bars.py", "linewidth=5", "linewidth=9"):
        assert ran(dvc(made, "repro", "figures")) == {"plan", "figures"}
        assert picture.read_bytes() != before


def test_a_stage_refuses_code_that_dvc_has_not_seen(made):
    with changed(made, "pipeline/evaluation/feature_table.py", "deviation[constant] = 1", "deviation[constant] = 2"):
        said = dvc(made, "repro", "--single-item", "--force", "view_gains", ok=False)
        assert "error: pipeline.evaluation.feature_table has changed since the plan was made" in said
        assert "Traceback" not in said
    with changed(made, "pipeline/losses/kl.py", "The KL term and", "The term KL, and"):
        dvc(made, "repro", "--single-item", "--force", "attributes@dfc")


def test_the_landmark_crop_trains_nothing_again(made):
    with changed(made, "pipeline/data/views/landmark.py", "32.5, 72, 144.5, 184", "32.5, 71, 144.5, 183"):
        said = dvc(made, "repro", *of_all("train"), *of_all("attributes"))
        # The latents are of all views. The attribute vectors need only the aligned one.
        assert ran(said) - {"plan"} == {"prepare"} | of_all("latents")


def test_training_again_to_equal_weights_reruns_only_track_behind_it(made):
    record = made / "records/train/dfc.json"
    before = json.loads(record.read_text())["training"]
    said = dvc(made, "repro", "--force", "--single-item", "--no-run-cache", "train@dfc")
    training = json.loads(record.read_text())["training"]
    assert training != before and "the stage track tells MLflow" in said  # since it is short
    assert ran(dvc(made, "repro")) == {"track"}

    again, = (run for run in records(made).values() if run.data.tags.get("training") == training)
    assert again.info.status == "FINISHED" and again.data.tags["kind"] == "training"
    results = records(made)[again.data.tags["results_run"]]
    assert results.data.metrics["svm/aligned/accuracy"] > 0
    assert results.data.metrics.items() <= again.data.metrics.items()


def write_inception(path: Path, value: float) -> None:
    """Write weights in Inception's layout that are all this number, and take one in the file."""
    torch.save({name: torch.full((1,), value).expand(shape) for name, shape in weight_shapes().items()}, path)


def test_weights_replaced_by_others_of_equal_size_rerun_their_stages(made, tmp_path):
    file, other, inception = (tmp_path / name for name in ("vgg19.safetensors", "other.safetensors", "inception.pth"))
    for path, seed in ((file, 0), (other, 1)):
        save_file(tiny.random_weights("relu4_1", seed), path)
    assert file.stat().st_size == other.stat().st_size
    write_inception(inception, 0.5)
    set_params(made, "loss_network", source="file", width=1.0, file=str(file))
    set_params(made, "sampling", inception=str(inception))
    dvc(made, "repro", "loss_network")
    dvc(made, "commit", "--force", "photographs", *of_all("samples"))
    assert would_run(made).isdisjoint({"loss_network", "photographs", *of_all("samples")})
    shutil.copy(other, file)
    size = inception.stat().st_size
    write_inception(inception, 0.25)
    assert inception.stat().st_size == size
    assert {"loss_network", "baselines", "photographs", *of_all("samples")} <= would_run(made)
    assert ran(dvc(made, "repro", "loss_network")) == {"loss_network"}


def test_the_documents_loss_of_ones_own(made, recorded):
    """Train docs/extending.md's file and variant with two workers. Nothing of them is left when they are removed."""
    section = (PROJECT / "docs/extending.md").read_text().split("\n## A loss of your own\n")[1].split("\n## ")[0]
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
    assert len(loaded) > 2  # workers among them
    assert [name for names in loaded for name in names if name not in digest and not reason(name)] == []
    assert sum("pipeline.losses.terms.gradient_difference" in names for names in loaded) == 2

    run(made, "git", "checkout", "-q", "--", "params.yaml")
    said = dvc(made, "repro")
    assert ran(said) <= {"plan", "loss_networks", "figures"} and "deleted, as params.yaml no longer has" in said
    assert not list(made.glob("m*/**/dfc_edges*")) and not list(made.glob("records/**/dfc_edges*"))
