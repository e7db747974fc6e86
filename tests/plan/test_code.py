"""Digests of stages: what is in them, what is not, and that each module is somewhere."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

from pipeline.config import load_params
from pipeline.errors import InputError
from pipeline.plan import code
from pipeline.plan.code import Code, checked, digests, path_of
from pipeline.plan.exempt import EXEMPT, NUMERIC
from pipeline.plan.syntax import texts
from pipeline.plan.table import in_words, page, table
from tests import tiny

PROJECT = Path(code.__file__).parents[2]


@pytest.fixture(scope="module")
def variants() -> list:
    params = load_params(tiny.PARAMS)
    return [params.variant(name) for name in params.variants]


@pytest.fixture(scope="module")
def shown(variants) -> dict[str, str]:
    """Module → the stages that its change makes run, in words."""
    return {module: in_words(stages, variants) for module, stages in table(variants).items()}


def test_the_table_of_all_modules_is_the_one_that_is_documented(variants):
    """`python -m pipeline.plan.table > docs/what-runs-again.md` renews it, after a look."""
    documented = (PROJECT / "docs/what-runs-again.md").read_text()
    assert without_own(documented) == without_own(page(variants))


OUR_CHOICES = {"terms": ["total_variation"], "adversaries": ["gan", "wasserstein"], "architectures": ["dcgan", "vae"],
               "views": ["aligned", "eyes", "flipped", "landmark", "mouth"], "reconstruction": ["feature", "pixel"]}


def without_own(page: str) -> list[str]:
    """Its lines without those of a term, a model, an adversary or a view of the user's own."""
    def is_own(line: str) -> bool:
        *_, folder, name = ["", *line.removeprefix("| ").split(" | ")[0].split(".")]
        return folder in OUR_CHOICES and name not in OUR_CHOICES[folder]

    return [line for line in page.splitlines() if not is_own(line)]


def test_a_file_of_ones_own_is_no_difference(variants):
    whole = page(variants)
    own = "| pipeline.losses.terms.mine | none |\n| pipeline.losses.terms.total"
    assert without_own(whole.replace("| pipeline.losses.terms.total", own)) == whole.splitlines()


ENCODERS = "pvae,dfc,dfc_345,vae_wgan"


@pytest.mark.parametrize(("module", "stages"), [
    # What was missing once.
    ("stages.train", "train"), ("stages.report", "report"), ("pipeline.evaluation.table1", "report"),
    ("pipeline.data.pixels", f"evaluate@{ENCODERS}, figures, latents@{ENCODERS}, loss_network, samples, track, train, "
                             "vgg_fc"),
    ("pipeline.data.celeba", "dataset, prepare"),
    ("pipeline.data.shards", f"attributes@{ENCODERS}, evaluate@{ENCODERS}, figures, latents@{ENCODERS}, loss_network, "
                             "multi_view, prepare, report, samples, train, vgg_fc"),
    ("pipeline.models.architectures.vae", f"evaluate@{ENCODERS}, figures, latents@{ENCODERS}, samples@{ENCODERS}, "
                                          f"track, train@{ENCODERS}"),
    ("pipeline.latents", f"attributes@{ENCODERS}, evaluate@{ENCODERS}, figures, latents, multi_view, samples"),
    # What ran too often.
    ("pipeline.losses.terms.total_variation", ""), ("pipeline.losses.adversaries.gan", "train@dcgan"),
    ("pipeline.losses.adversaries.wasserstein", "train@vae_wgan"),
    ("pipeline.losses.reconstruction.pixel", "train@pvae"),
    ("pipeline.models.architectures.dcgan", "figures, samples@dcgan, track, train@dcgan"),
    ("pipeline.figures.svm_bars", "figures"), ("pipeline.data.views.landmark", "prepare"),
    ("pipeline.data.upright", "prepare"), ("pipeline.sampling", "figures, samples"),
    ("pipeline.data.synthetic.hair", "dataset"),
    ("pipeline.evaluation.linear_svm", f"evaluate@{ENCODERS}, multi_view, vgg_fc"),
    ("pipeline.training.loop", "train"), ("pipeline.training.runs", "train"), ("pipeline.tracking.results", "track"),
    ("pipeline.plan.resolve", ""), ("pipeline.cluster_job", ""),
])
def test_which_stages_a_module_reaches(shown, module, stages):
    assert shown[module] == stages


def test_of_what_is_not_exempt_something_depends(shown):
    """Else a file of results' code would have been forgotten."""
    expected = {"pipeline.cluster_job", "pipeline.dvc_command", "pipeline.leftovers", "pipeline.plan.resolve",
                "pipeline.plan.table", "pipeline.tracking.__main__", "stages.plan", "pipeline.losses.terms",
                "pipeline.losses.terms.total_variation"}
    found = {module for module, stages in shown.items() if not stages and module not in EXEMPT}
    assert set(without_own("\n".join(sorted(found)))) == expected


def test_the_exempt_exist_and_do_not_compute():
    graph = grimp.build_graph(*code.PACKAGES, include_external_packages=True, exclude_type_checking_imports=True,
                              cache_dir=None)
    numeric = NUMERIC & graph.modules
    assert {"torch", "numpy", "sklearn"} <= numeric and EXEMPT.keys() <= graph.modules
    computes = {module for library in numeric for module in graph.find_downstream_modules(library)}
    assert not EXEMPT.keys() & computes, sorted(EXEMPT.keys() & computes)


def test_each_data_file_is_named_by_one_module():
    whole = Code()
    named = {module: texts(whole.file(module).read_text()) for module in whole.modules}
    found = {path.name: [module for module in named if path.name in named[module]] for path in whole.data_files}
    assert found == {"published_table1.csv": ["pipeline.evaluation.table1"], "report.html.j2": ["pipeline.report"]}


def test_a_data_file_counts_as_its_module(monkeypatch, tmp_path):
    before = Code().digest("pipeline.evaluation.table1")
    other = tmp_path / "published_table1.csv"
    other.write_text("another table")
    monkeypatch.setattr(Code, "data_files", [other])
    assert Code().digest("pipeline.evaluation.table1") != before


def test_a_stage_refuses_another_code_than_was_planned_with(monkeypatch, tmp_path, variants):
    monkeypatch.chdir(tmp_path)
    dfc = next(variant for variant in variants if variant.name == "dfc")
    with pytest.raises(InputError, match=r"^code/train/dfc.json is missing; run `dvc repro`"):
        checked("train", [dfc])
    path, digest = path_of("train", "dfc"), digests(variants)[path_of("train", "dfc")]
    path.parent.mkdir(parents=True)
    path.write_text(code.written(digest))
    assert json.loads(checked("train", [dfc])) == digest
    path.write_text(code.written(digest | {"pipeline.losses.kl": "0" * 16}))
    with pytest.raises(InputError, match=r"^pipeline.losses.kl has changed since the plan was made.*run `dvc repro`"):
        checked("train", [dfc])
    path.write_text(code.written({name: value for name, value in digest.items() if "losses" not in name}))
    with pytest.raises(InputError, match=r"^pipeline.losses and \d+ more have changed since"):
        checked("train", [dfc])


def test_imports_in_functions_count_but_for_a_variant_that_leaves_before_them(variants):
    found = digests(variants)
    assert "pipeline.evaluation.svm" in found[path_of("evaluate", "dfc")]
    assert "pipeline.evaluation.svm" not in found[path_of("evaluate", "dcgan")]
    assert "stages.evaluate" in found[path_of("evaluate", "dcgan")]


@pytest.mark.parametrize(("added", "text", "message"), [
    ("pipeline/losses/half.py", "def f(:\n", r"Syntax error in .*half.py, line 1.*mend it"),
    ("pipeline/mine/code.py", "x = 1\n", r"pipeline/mine has Python files but no __init__.py"),
    ("pipeline/losses/terms/edges.npy", "1", r"pipeline/losses/terms/edges.npy is named by no module"),
    ("pipeline/report2.py", "PAGE = 'report.html.j2'\n", r"j2 is named by pipeline.report and pipeline.report2"),
    ("pipeline/losses/half.py", "import mine\n", r"pipeline.losses.half imports mine, which is in no digest of code"),
    ("stages/half.py", "from benchmarks import scaling\n", r"stages.half imports benchmarks, which is in no digest"),
])
def test_code_that_no_digest_could_follow_is_refused(tmp_path, monkeypatch, added, text, message):
    for package in code.PACKAGES:
        shutil.copytree(PROJECT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "mine.py").write_text("x = 1\n")
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks/scaling.py").write_text("")
    (tmp_path / added).parent.mkdir(exist_ok=True)
    (tmp_path / added).write_text(text)
    script = ("from pipeline.plan.code import Code; from pipeline.errors import one_sentence\n"
              "with one_sentence(): Code().check_that_all_is_seen()")
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, text=True, capture_output=True)
    assert done.returncode == 1 and done.stderr.startswith("error: ") and re.search(message, done.stderr), done.stderr
    assert "Traceback" not in done.stderr


def test_nobody_else_imports_by_a_name():
    """What a name in params.yaml finds is known to `code.named`; other such imports would be in no digest."""
    importing = Code().graph.find_modules_that_directly_import("pipeline.by_name")
    assert importing == {"pipeline.losses.build", "pipeline.models.build", "pipeline.data.prepare"}
    by_importlib = Code().graph.find_modules_that_directly_import("importlib")
    assert by_importlib == {"pipeline.by_name", "pipeline.evaluation.table1", "pipeline.tracking.store",
                            "pipeline.tracking.training_run"}  # the last three for other things


def test_what_editors_leave_changes_nothing(tmp_path):
    for package in code.PACKAGES:
        shutil.copytree(PROJECT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    script = ("from pipeline.plan.code import Code; code = Code(); code.check_that_all_is_seen(); "
              "print(code.of('report', []))")

    def digest() -> str:
        return subprocess.run([sys.executable, "-c", script], cwd=tmp_path, text=True, capture_output=True,
                              check=True).stdout

    before = digest()
    for name in ("report.py~", ".report.py.swp", "#report.py#", "report.py.orig", ".DS_Store"):
        (tmp_path / "pipeline" / name).write_text("(")
    (tmp_path / "pipeline/report (copy).py").write_text("x = 1")
    (tmp_path / "pipeline/.#report.py").symlink_to("nobody@nowhere")  # Emacs, for as long as it edits
    for name in (".idea/workspace.xml", ".vscode/settings.json", ".ipynb_checkpoints/report.csv",
                 "__pycache__/report.cpython-311.pyc.140123456"):  # the last of a Python that was killed
        path = tmp_path / "pipeline" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    assert digest() == before and "pipeline.report" in before


def test_what_is_no_data_is_what_dvc_ignores():
    ignored = {line.replace("\\", "") for line in (PROJECT / ".dvcignore").read_text().splitlines()}
    assert set(code.NO_DATA) - {"*.py", ".*"} <= ignored
    assert {pattern for pattern in ignored if pattern and not pattern.startswith(("# ", "."))} <= set(code.NO_DATA)
