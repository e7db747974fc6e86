"""Digests of stages: what is in them, what is not, and that every module is in one."""

import json
import re
import shutil
import subprocess
import sys

import grimp
import pytest

from pipeline.config.loading import load_params
from pipeline.errors import InputError
from pipeline.plan import code, exempt, modules
from pipeline.plan.code import digests, path_of, refuse_unplanned_code
from pipeline.plan.exempt import NUMERIC, is_in, reason
from pipeline.plan.modules import PACKAGES, PROJECT, Modules, names_file
from pipeline.plan.table import in_words, page, table
from tests import tiny


@pytest.fixture(scope="module")
def variants() -> list:
    params = load_params(tiny.PARAMS)
    return [params.variant(name) for name in params.variants]


@pytest.fixture(scope="module")
def shown(variants) -> dict[str, str]:
    """Module → the stages that run again when it changes, in words."""
    return {module: in_words(stages, variants) for module, stages in table(variants, "synthetic").items()}


def test_the_documented_table_is_that_of_the_code(variants):
    """`python -m pipeline.plan.table > docs/what-runs-again.md` renews it. Look at the difference before."""
    documented = (PROJECT / "docs/what-runs-again.md").read_text()
    assert without_own(documented) == without_own(page(variants, "synthetic"))


OUR_CHOICES = {"baselines": ["loss_network", "pca", "supervised", "untrained"],
               "terms": ["total_variation"], "adversaries": ["gan", "wasserstein"], "architectures": ["dcgan", "vae"],
               "sources": ["celeba", "folder", "parquet", "synthetic"],
               "views": ["aligned", "eyes", "flipped", "landmark", "mouth"], "reconstruction": ["feature", "pixel"]}


def without_own(page: str) -> list[str]:
    """Return a page's lines without those of terms, models, adversaries and views of the user's own."""
    def is_own(line: str) -> bool:
        *_, folder, name = ["", *line.removeprefix("| ").split(" | ")[0].split(".")]
        return folder in OUR_CHOICES and name not in OUR_CHOICES[folder]

    return [line for line in page.splitlines() if not is_own(line)]


def test_files_of_ones_own_do_not_change_the_table(variants):
    whole = page(variants, "synthetic")
    own = "| pipeline.losses.terms.mine | none |\n| pipeline.losses.terms.total"
    assert without_own(whole.replace("| pipeline.losses.terms.total", own)) == whole.splitlines()


ENCODERS = "pvae,dfc,dfc_345,vae_wgan"


@pytest.mark.parametrize(("module", "stages"), [
    # Once missing.
    ("stages.train", "train"), ("stages.report", "report"), ("pipeline.report.table1", "report"),
    ("pipeline.data.pixels", f"baselines, evaluate@{ENCODERS}, explorer, figures, latents@{ENCODERS}, loss_network, "
                             "photographs, samples, teach, train"),
    ("pipeline.data.sources.celeba", "dataset, prepare"),
    ("pipeline.data.shards", f"attributes@{ENCODERS}, baselines, evaluate@{ENCODERS}, explorer, figures, "
                             f"latents@{ENCODERS}, loss_network, photographs, prepare, report, samples, teach, "
                             "train, view_gains"),
    ("pipeline.models.architectures.vae", f"baselines, evaluate@{ENCODERS}, explorer, figures, "
                                          f"latents@{ENCODERS}, samples@{ENCODERS}, track, train@{ENCODERS}"),
    ("pipeline.latent_space.latents",
     f"attributes@{ENCODERS}, baselines, evaluate@{ENCODERS}, explorer, figures, latents, samples, view_gains"),
    # Once run too often.
    ("pipeline.losses.terms.total_variation", ""), ("pipeline.losses.adversaries.gan", "train@dcgan"),
    ("pipeline.losses.adversaries.wasserstein", "train@vae_wgan"),
    ("pipeline.losses.reconstruction.pixel", "train@pvae"),
    ("pipeline.models.architectures.dcgan", "explorer, figures, samples@dcgan, track, train@dcgan"),
    ("pipeline.figures.svm_bars", "figures"), ("pipeline.data.views.landmark", "prepare"),
    ("pipeline.data.upright", "dataset, prepare"), ("pipeline.explorer.page", "explorer"),
    ("pipeline.latent_space.sampling", f"evaluate@{ENCODERS}, explorer, figures, photographs, samples"),
    ("pipeline.drawn_faces.hair", "dataset"),
    ("pipeline.evaluation.linear_svm", f"baselines, evaluate@{ENCODERS}, explorer, track, view_gains"),
    ("pipeline.evaluation.baselines.pca", "baselines"),
    ("pipeline.losses.teaching.recipe", "teach"), ("pipeline.losses.teaching.training", "teach"),
    ("pipeline.training.loop", "train"), ("pipeline.training.runs", "train"), ("pipeline.tracking.results", "track"),
    ("pipeline.plan.resolve", ""), ("pipeline.cluster.job", ""),
])
def test_a_module_makes_these_stages_run_again(shown, module, stages):
    assert shown[module] == stages


# What folders and Parquet files are read with; the table is that of drawn faces.
OF_TABLES = {f"pipeline.data.{name}" for name in (
    "annotated", "attribute_names", "binary_columns", "given_table", "image_rows", "landmark_columns", "parquet_table",
    "split_names", "text_table")}
OF_SOURCES = {"folder": OF_TABLES | {"pipeline.data.sources.folder"},
              "parquet": OF_TABLES | {f"pipeline.data.{name}" for name in (
                  "parquet_attributes", "parquet_files", "parquet_images", "parquet_rows", "sources.parquet")}}


@pytest.mark.parametrize("source", OF_SOURCES)
def test_a_source_counts_where_it_is_named(variants, shown, source):
    named = table(variants, source)
    assert {in_words(named[module], variants) for module in OF_SOURCES[source]} == {"dataset, prepare"}
    assert {shown[module] for module in OF_SOURCES[source]} == {""}
    assert named["pipeline.data.sources.celeba"] == []


# Rooms of commands, which no stage runs.
OF_COMMANDS = ("pipeline.__main__", "pipeline.comparison", "pipeline.export", "pipeline.inference",
               "pipeline.leftovers", "pipeline.serving")


def test_a_stage_depends_on_every_module_that_is_not_exempt(shown):
    """Otherwise a module that makes results would be in no digest."""
    expected = {"pipeline.plan.checks", "pipeline.plan.data_checks", "pipeline.plan.files",
                "pipeline.plan.possible_views", "pipeline.plan.resolve", "pipeline.plan.table", "pipeline.plan.written",
                "stages.plan", "pipeline.losses.loss_network.measure", "pipeline.losses.terms",
                "pipeline.losses.terms.total_variation"}.union(*OF_SOURCES.values())
    found = {module for module, stages in shown.items() if not stages and not reason(module)}
    of_commands = {module for module in shown if any(is_in(module, room) for room in OF_COMMANDS)}
    assert of_commands <= found
    assert set(without_own("\n".join(sorted(found - of_commands)))) == expected


def test_exempt_modules_exist_and_do_not_compute():
    graph = grimp.build_graph(*PACKAGES, include_external_packages=True, exclude_type_checking_imports=True,
                              cache_dir=None)
    numeric = NUMERIC & graph.modules
    assert {"torch", "numpy", "sklearn"} <= numeric and exempt.MODULES.keys() | exempt.ROOMS.keys() <= graph.modules
    computes = {module for library in numeric for module in graph.find_downstream_modules(library)}
    assert [module for module in sorted(computes) if reason(module)] == []


def test_each_data_file_is_named_by_one_module():
    whole = Modules()
    sources = {module: whole.file(module).read_text() for module in whole.names}
    naming = {path.name: [module for module in sources if names_file(sources[module], path)]
              for path in whole.data_files}
    web = {name for name, by in naming.items() if by == ["pipeline.explorer.page"]}
    assert {"explorer.html.j2", "layers.js", "page.css"} <= web
    of_commands = {name for name, (by, *_) in naming.items() if any(is_in(by, room) for room in OF_COMMANDS)}
    assert {"comparison.html.j2", "card.md.j2"} <= of_commands
    assert {name: by for name, by in naming.items() if name not in web | of_commands} == {
        "published_table1.csv": ["pipeline.report.table1"], "page.html.j2": ["pipeline.report.page"],
        "page_style.css.j2": ["pipeline.report.page"], "page_script.js.j2": ["pipeline.report.page"],
        "macros.html.j2": ["pipeline.report.page"],
        "published_later.csv": ["pipeline.report.published_later"],
        "inception_convolutions.csv": ["pipeline.evaluation.inception"]}


def test_a_data_file_changes_the_digest_of_its_module(monkeypatch, tmp_path):
    before = Modules().digest("pipeline.report.table1")
    other = tmp_path / "published_table1.csv"
    other.write_text("another table")
    monkeypatch.setattr(Modules, "data_files", [other])
    assert Modules().digest("pipeline.report.table1") != before


def test_a_stage_refuses_code_that_has_changed_since_the_plan(monkeypatch, tmp_path, variants):
    monkeypatch.chdir(tmp_path)
    dfc = next(variant for variant in variants if variant.name == "dfc")
    with pytest.raises(InputError, match=r"^code/train/dfc.json is missing; run `dvc repro`"):
        refuse_unplanned_code("train", [dfc])
    path, digest = path_of("train", "dfc"), digests(variants, "synthetic")[path_of("train", "dfc")]
    path.parent.mkdir(parents=True)
    path.write_text(code.as_text(digest))
    assert json.loads(refuse_unplanned_code("train", [dfc])) == digest
    path.write_text(code.as_text(digest | {"pipeline.losses.kl": "0" * 16}))
    with pytest.raises(InputError, match=r"^pipeline.losses.kl has changed since the plan was made.*run `dvc repro`"):
        refuse_unplanned_code("train", [dfc])
    path.write_text(code.as_text({name: value for name, value in digest.items() if "losses" not in name}))
    with pytest.raises(InputError, match=r"^pipeline.losses and \d+ more have changed since"):
        refuse_unplanned_code("train", [dfc])


def test_imports_in_functions_count_unless_the_stage_returns_before_them(variants):
    found = digests(variants, "synthetic")
    assert "pipeline.evaluation.svm" in found[path_of("evaluate", "dfc")]
    assert "pipeline.evaluation.svm" not in found[path_of("evaluate", "dcgan")]
    assert "stages.evaluate" in found[path_of("evaluate", "dcgan")]


@pytest.mark.parametrize(("added", "text", "message"), [
    ("pipeline/losses/half.py", "def f(:\n", r"Syntax error in .*half.py, line 1.*mend it"),
    ("pipeline/mine/code.py", "x = 1\n", r"pipeline/mine has Python files but no __init__.py"),
    ("pipeline/losses/terms/edges.npy", "1", r"pipeline/losses/terms/edges.npy is named by no module"),
    ("pipeline/page2.py", "PAGE = 'page.html.j2'\n", r"j2 is named by pipeline.page2 and pipeline.report.page"),
    ("pipeline/losses/half.py", "import mine\n", r"pipeline.losses.half imports mine, which is in no digest of code"),
    ("stages/half.py", "from benchmarks import scaling\n", r"stages.half imports benchmarks, which is in no digest"),
])
def test_code_that_no_digest_could_follow_is_refused(tmp_path, monkeypatch, added, text, message):
    for package in PACKAGES:
        shutil.copytree(PROJECT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "mine.py").write_text("x = 1\n")
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks/scaling.py").write_text("")
    (tmp_path / added).parent.mkdir(exist_ok=True)
    (tmp_path / added).write_text(text)
    script = ("from pipeline.plan.modules import Modules; from pipeline.plan.unseen_code import refuse_unseen_code\n"
              "from pipeline.errors import exit_on_input_error\n"
              "with exit_on_input_error(): refuse_unseen_code(Modules())")
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, text=True, capture_output=True)
    assert done.returncode == 1 and done.stderr.startswith("error: ") and re.search(message, done.stderr), done.stderr
    assert "Traceback" not in done.stderr


def test_no_other_module_imports_by_a_name():
    """`code.named_modules` knows what names in params.yaml import; other such imports would be in no digest."""
    importing = Modules().graph.find_modules_that_directly_import("pipeline.registry")
    assert importing == {"pipeline.losses.build", "pipeline.models.build", "pipeline.data.prepare",
                         "pipeline.data.source", "pipeline.plan.written", "stages.baselines"}
    by_importlib = Modules().graph.find_modules_that_directly_import("importlib")
    for_other_things = {"pipeline.evaluation.fidelity_package", "pipeline.evaluation.inception",
                        "pipeline.export.description", "pipeline.plan.written", "pipeline.report.published_later",
                        "pipeline.report.table1", "pipeline.tracking.models", "pipeline.tracking.served_model",
                        "pipeline.tracking.store"}
    assert by_importlib == {"pipeline.registry"} | for_other_things


def test_files_that_editors_leave_change_no_digest(tmp_path):
    for package in PACKAGES:
        shutil.copytree(PROJECT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    script = ("from pipeline.plan.code import stage_digest; from pipeline.plan.modules import Modules\n"
              "from pipeline.plan.unseen_code import refuse_unseen_code\n"
              "modules = Modules(); refuse_unseen_code(modules); print(stage_digest(modules, 'report', []))")

    def digest() -> str:
        return subprocess.run([sys.executable, "-c", script], cwd=tmp_path, text=True, capture_output=True,
                              check=True).stdout

    before = digest()
    for name in ("page.py~", ".page.py.swp", "#page.py#", "page.py.orig", ".DS_Store"):
        (tmp_path / "pipeline/report" / name).write_text("(")
    (tmp_path / "pipeline/report (copy).py").write_text("x = 1")
    (tmp_path / "pipeline/.#report.py").symlink_to("nobody@nowhere")  # Emacs, for as long as it edits
    for name in (".idea/workspace.xml", ".vscode/settings.json", ".ipynb_checkpoints/report.csv",
                 "__pycache__/report.cpython-311.pyc.140123456"):  # the last of a Python that was killed
        path = tmp_path / "pipeline" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    assert digest() == before and "pipeline.report.page" in before


def test_dvc_ignores_the_files_that_are_no_data():
    ignored = {line.replace("\\", "") for line in (PROJECT / ".dvcignore").read_text().splitlines()}
    assert set(modules.NO_DATA) - {"*.py", ".*"} <= ignored
    assert {pattern for pattern in ignored if pattern and not pattern.startswith(("# ", "."))} <= set(modules.NO_DATA)
