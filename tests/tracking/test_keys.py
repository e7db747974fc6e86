"""A record's key depends on all that decides its numbers and pictures, and on nothing else."""

from pathlib import Path

import pytest

from pipeline.config.loading import load_params
from pipeline.config.plans import SamplingPlan
from pipeline.errors import InputError
from pipeline.files.json_file import read_json, write_json
from pipeline.plan.modules import Modules
from pipeline.tracking import keys as module
from pipeline.tracking.keys import Undecided, report_key, results_key, results_keys, weights_of_metrics
from tests import tiny

DFC, DCGAN = tiny.variant("dfc"), tiny.variant("dcgan")


@pytest.fixture(autouse=True)
def tree(tmp_path, monkeypatch, modules) -> Path:
    """Make a working tree with all that decides the current folder."""
    monkeypatch.chdir(tmp_path)
    tiny.write_code(DFC, DCGAN)
    sampling = SamplingPlan(**dict(load_params(tiny.PARAMS).sampling) | {"inception": None}, seed=0)
    write_json(Path("plan/pipeline/sampling.json"), sampling.model_dump())
    for name in ("attributes", "evaluate", "view_gains", "baselines", "teaching", "loss_network"):
        write_json(Path(f"plan/pipeline/{name}.json"), {})
    for view in ("aligned", "eyes"):
        write_json(Path(f"data/shards/view={view}/_manifest.json"), {"sha256": view})
    write(Path("models/loss_network.safetensors"), "a network")
    for variant in (DFC, DCGAN):
        write(Path(f"models/{variant.name}/model.safetensors"), "weights")
        write_json(Path(f"metrics/train/{variant.name}.json"), {"loss": 0.3})
        write(Path(f"training/{variant.name}/epochs.csv"), "step,loss\n8,0.5\n")
        write_json(Path(f"training/{variant.name}/warnings.json"), {})
    for path in ("baselines/pca.csv", "view_gains/gains.csv", "teaching/epochs.csv"):
        write(Path(path), "a table")
    monkeypatch.setattr(module, "Modules", lambda: modules)  # to read all imports takes longer than all else here
    return tmp_path


@pytest.fixture(scope="module")
def modules() -> Modules:
    return Modules()


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def keys() -> list[str]:
    """Return the keys of both variants' results, and that of the report."""
    of_results = results_keys([DFC, DCGAN])
    return [*of_results.values(), report_key(of_results)]


def changed(before: list[str]) -> list[bool]:
    return [key != old for key, old in zip(keys(), before, strict=True)]


ALL, OF_DFC, OF_DCGAN = [True] * 3, [True, False, True], [False, True, True]
OF_REPORT, NONE = [False, False, True], [False] * 3


@pytest.mark.parametrize(("path", "expected"), [
    ("models/dfc/model.safetensors", OF_DFC), ("models/loss_network.safetensors", ALL),
    ("plan/pipeline/sampling.json", ALL), ("plan/pipeline/attributes.json", OF_DFC),
    ("plan/pipeline/evaluate.json", OF_DFC), ("plan/pipeline/view_gains.json", OF_REPORT),
    ("plan/pipeline/teaching.json", OF_REPORT), ("teaching/epochs.csv", OF_REPORT),
    ("plan/pipeline/loss_network.json", OF_REPORT), ("plan/pipeline/baselines.json", OF_REPORT),
    ("code/samples/dcgan.json", OF_DCGAN), ("code/photographs.json", ALL),
    ("code/latents/dfc.json", OF_DFC), ("code/attributes/dfc.json", OF_DFC), ("code/evaluate/dfc.json", OF_DFC),
    ("code/figures.json", OF_REPORT), ("code/view_gains.json", OF_REPORT), ("code/baselines.json", OF_REPORT),
    ("code/report.json", OF_REPORT), ("data/shards/view=aligned/_manifest.json", ALL),
    ("data/shards/view=eyes/_manifest.json", OF_DFC), ("metrics/train/dfc.json", OF_DFC),
    ("metrics/train/dcgan.json", OF_DCGAN), ("training/dfc/epochs.csv", OF_DFC),
    ("training/dcgan/epochs.csv", OF_DCGAN), ("training/dcgan/warnings.json", OF_REPORT),
    ("baselines/pca.csv", OF_REPORT), ("view_gains/gains.csv", OF_REPORT),
    ("code/train/dfc.json", NONE), ("code/evaluate/dcgan.json", NONE), ("code/track.json", NONE)])
def test_a_change_of_a_file_changes_the_keys_that_depend_on_it(path, expected):
    before = keys()
    if path.endswith(".json"):
        write_json(Path(path), read_json(path) | {"sha256": "another"})
    else:
        write(Path(path), "another")
    assert changed(before) == expected


def test_the_seed_of_pictures_changes_all_keys_and_a_label_only_the_reports():
    before, path = keys(), Path("plan/pipeline/report.json")
    report = read_json(path)
    write_json(path, report | {"variants": {"dfc": "another", "dcgan": "DCGAN"}})
    assert changed(before) == OF_REPORT
    write_json(path, report | {"seed": 1})
    assert changed(before) == ALL


def test_the_code_of_a_variants_pictures_changes_its_key(monkeypatch):
    before, digest = keys(), Modules.digest
    monkeypatch.setattr(Modules, "digest", lambda whole, module: (
        "another" if module == "pipeline.models.architectures.vae" else digest(whole, module)))
    assert changed(before) == OF_DFC


def test_the_contents_of_inceptions_weights_change_keys_but_not_their_path():
    sampling = Path("plan/pipeline/sampling.json")
    without = keys()
    for name in ("inception.pth", "elsewhere.pth"):
        write(Path(name), "weights")
    write_json(sampling, read_json(sampling) | {"inception": "inception.pth"})
    before = keys()
    assert changed(without) == ALL
    write_json(sampling, read_json(sampling) | {"inception": "elsewhere.pth"})
    assert changed(before) == NONE
    write(Path("elsewhere.pth"), "another")
    assert changed(before) == ALL


def test_the_contents_of_lpips_weights_change_the_keys_of_encoders_but_not_their_path():
    evaluate, without = Path("plan/pipeline/evaluate.json"), keys()
    for name in ("lpips.pth", "elsewhere.pth"):
        write(Path(name), "weights")
    write_json(evaluate, {"lpips": "lpips.pth"})
    before = keys()
    assert changed(without) == OF_DFC
    write_json(evaluate, {"lpips": "elsewhere.pth"})
    assert changed(before) == NONE
    write(Path("elsewhere.pth"), "another")
    assert changed(before) == OF_DFC


def test_weights_of_metrics_are_those_that_the_given_sections_name():
    sampling, evaluate = (Path(f"plan/pipeline/{name}.json") for name in ("sampling", "evaluate"))
    assert weights_of_metrics(["sampling", "attributes", "evaluate"]) == []
    write_json(sampling, read_json(sampling) | {"inception": "inception.pth"})
    write_json(evaluate, {"lpips": "lpips.pth"})
    assert weights_of_metrics(["sampling", "evaluate"]) == [Path("inception.pth"), Path("lpips.pth")]
    assert weights_of_metrics(["sampling"]) == [Path("inception.pth")]
    write_json(evaluate, {"lpips": None})
    assert weights_of_metrics(["evaluate"]) == []


def test_the_path_of_the_loss_networks_file_changes_no_key():
    plan = Path("plan/pipeline/loss_network.json")
    write_json(plan, {"source": "vgg19", "file": "vgg19.pth"})
    before = keys()
    write_json(plan, {"source": "vgg19", "file": "/data/vgg19.pth"})
    assert changed(before) == NONE
    write_json(plan, {"source": "random", "file": "/data/vgg19.pth"})
    assert changed(before) == OF_REPORT


def test_another_view_changes_the_keys_of_encoders():
    before = keys()
    write_json(Path("data/shards/view=mouth/_manifest.json"), {"sha256": "mouth"})
    assert changed(before) == OF_DFC


def test_another_table_of_comparisons_changes_the_reports_key():
    before = keys()
    write(Path("baselines/deep/another.csv"), "a table")
    assert changed(before) == OF_REPORT


def test_a_variant_without_an_encoder_needs_no_sections_on_latents():
    for path in ("plan/pipeline/attributes.json", "plan/pipeline/evaluate.json", "code/attributes/dfc.json"):
        Path(path).unlink()
    assert results_key(DCGAN)


@pytest.mark.parametrize("path", ["models/dfc/model.safetensors", "models/loss_network.safetensors",
                                  "plan/pipeline/sampling.json", "code/evaluate/dfc.json", "metrics/train/dfc.json",
                                  "training/dfc/epochs.csv"])
def test_without_a_file_that_decides_there_is_no_key(path):
    Path(path).unlink()
    with pytest.raises(Undecided):
        results_key(DFC)


@pytest.mark.parametrize(("variant", "views"), [(DFC, ["aligned", "eyes"]), (DCGAN, ["aligned"])])
def test_without_shards_there_is_no_key(variant, views):
    for view in views:
        Path(f"data/shards/view={view}/_manifest.json").unlink()
    with pytest.raises(Undecided, match="data/shards has no view"):
        results_key(variant)


def test_code_that_is_being_changed_leaves_a_key_undecided(monkeypatch):
    def broken(self):
        raise InputError("Syntax error in pipeline/losses/kl.py")

    monkeypatch.setattr(module, "Modules", Modules)
    monkeypatch.setattr(Modules, "__init__", broken)
    with pytest.raises(Undecided, match=r"the results of dfc cannot be computed \(Syntax error in .*kl.py\)"):
        results_key(DFC)


def test_the_import_graph_is_built_once_for_all_variants(monkeypatch):
    built, original = [], Modules.__init__
    monkeypatch.setattr(module, "Modules", Modules)
    monkeypatch.setattr(Modules, "__init__", lambda self: built.append(self) or original(self))
    keys()
    assert len(built) == 1
