"""What params.yaml resolves to, and the one sentence that refuses what is wrong in it."""

import json
from pathlib import Path

import pytest
import yaml

from pipeline.config.fields import NO_FILE
from pipeline.config.labels import labels
from pipeline.config.loading import load_params
from pipeline.config.plans import ReportPlan, read_variant, read_variants
from pipeline.config.variant import Variant
from pipeline.errors import InputError
from pipeline.vocabulary import ADVERSARIES, LAYERS, VIEWS
from tests.tiny import PARAMS

ABSENT = object()


@pytest.fixture
def load(tmp_path):
    """A function: load({"loss.alpha": 2}) loads the committed params.yaml with this change; ABSENT removes a key."""
    def load(changes: dict | None = None):
        params = yaml.safe_load(PARAMS.read_text())
        for name, value in (changes or {}).items():
            *above, last = name.split(".")
            section = params
            for key in above:
                section = section[key]
            if value is ABSENT:
                del section[last]
            else:
                section[last] = value
        path = tmp_path / "params.yaml"
        path.write_text(yaml.safe_dump(params, sort_keys=False))
        return load_params(path)
    return load


def refusal(read, *arguments) -> str:
    """Return the sentence with which `read` refuses its arguments."""
    with pytest.raises(InputError) as error:
        read(*arguments)
    sentence = str(error.value)
    assert "\n" not in sentence
    for jargon in ("validation error", "pydantic", "Input should", "type=", "literal", "constrained", "Traceback"):
        assert jargon not in sentence
    return sentence


def test_no_block_of_a_variant_sets_what_its_training_starts_from(load):
    said = refusal(load, {"variants.dfc": {"train": {"start_from": "models"}}})
    assert said.startswith("params.yaml: variants.dfc.train.start_from can not be set for one variant, since DVC ")
    assert "give a folder models" in said and load().variant("dfc").train.start_from == NO_FILE
    changed = load({"train.start_from": "../big/models"})
    assert {changed.variant(name).train.start_from for name in changed.variants} == {"../big/models"}


def plan(params) -> dict[str, str]:
    """Return variant → its configuration as JSON."""
    return {name: params.variant(name).model_dump_json() for name in params.variants}


def test_at_the_papers_scale_the_committed_file_is_the_papers_recipe(load):
    params = load({"scale": "paper"})
    assert (params.model.latent_dim, params.data.image_size, params.train.batch_size) == (100, 64, 64)
    assert (params.loss["alpha"], params.loss["beta"], params.train.learning_rate) == (1.0, 0.5, 0.0005)
    assert list(params.variants) == ["pvae", "dfc", "dfc_345", "dcgan", "vae_wgan"]


def test_variants_resolve_and_have_the_papers_names(load):
    params = load()
    variants = {name: params.variant(name) for name in params.variants}
    assert {name: variant.label for name, variant in variants.items()} == {
        "pvae": "PVAE", "dfc": "VAE-123", "dfc_345": "VAE-345", "dcgan": "DCGAN", "vae_wgan": "VAE-WGAN"}
    assert variants["pvae"].loss.model_dump() == {"reconstruction": "pixel", "pixel_sigma": 1.0, "extra": {}}
    assert variants["dcgan"].loss.model_dump() == {"reconstruction": "none"}
    assert [name for name, variant in variants.items() if not variant.encodes] == ["dcgan"]
    assert {name: variant.adversary.kind for name, variant in variants.items()} == {
        "pvae": "none", "dfc": "none", "dfc_345": "none", "dcgan": "gan", "vae_wgan": "wasserstein"}
    assert "penalty_weight" not in variants["dcgan"].adversary.model_dump()
    assert variants["dfc"].loss.layers == ["relu1_1", "relu2_1", "relu3_1"]
    assert variants["dfc_345"].loss.reference_rms == {"relu3_1": 370.2, "relu4_1": 400.0, "relu5_1": 70.0}
    assert "layers" not in json.loads(plan(params)["pvae"])["loss"]
    assert variants["dfc"].train.seed == params.train.seed and variants["dfc"].image_size == 64
    assert json.loads(plan(params)["dcgan"])["encodes"] is False and json.loads(plan(params)["dfc"])["encodes"] is True


def test_a_label_says_what_the_variants_own_block_changes(load):
    params = load({"loss.reference_rms.relu1_2": 100.0, "variants.strong": {"loss": {"beta": 1.0}},
                   "variants.slow": {"train": {"epochs": 9}},
                   "variants.inner": {"loss": {"layers": ["relu1_2", "relu2_1"]}}})
    assert params.variant("strong").label == "VAE-123 beta=1.0"
    assert params.variant("slow").label == "VAE-123 epochs=9"
    assert params.variant("slow").train.epochs == 9 and params.variant("dfc").train.epochs == params.train.epochs
    assert params.variant("inner").label == "VAE-1_2+2_1"


def test_equal_labels_are_told_apart_by_name(load):
    params = load({"variants.twin": {}})
    called = labels([params.variant(name) for name in params.variants])
    assert called["dfc"] == "VAE-123 (dfc)" and called["twin"] == "VAE-123 (twin)" and called["pvae"] == "PVAE"


@pytest.mark.parametrize(("block", "label"), [
    ({"adversary": {"kind": "wasserstein"}, "loss": {"layers": ["relu3_1", "relu4_1"]}}, "VAE-WGAN-34"),
    ({"adversary": {"kind": "wasserstein", "weight": 5}, "loss": {"reconstruction": "pixel"}}, "PVAE-WGAN"),
    ({"adversary": {"kind": "gan"}}, "VAE-GAN-123"),
    ({"adversary": {"kind": "gan"}, "loss": {"reconstruction": "none"}}, "GAN"),
    ({"adversary": {"kind": "wasserstein"}, "loss": {"reconstruction": "none"}, "model": {"architecture": "dcgan"}},
     "DCWGAN"),
    ({"model": {"architecture": "resnet"}}, "VAE-123 architecture=resnet"),
    ({"train": {"seed": 1}}, "VAE-123 seed=1"),
    ({"loss": {"extra": {"total_variation": {"weight": 20}}}}, "VAE-123 total_variation=20")])
def test_labels_of_other_models(load, block, label):
    assert load({"variants.other": block}).variant("other").label == label


def test_the_shared_layers_change_only_dfc(load):
    before, after = plan(load()), plan(load({"loss.layers": ["relu3_1", "relu4_1"]}))
    assert {name for name in before if before[name] != after[name]} == {"dfc"}
    assert json.loads(after["dfc"])["label"] == "VAE-34"


@pytest.mark.parametrize("layer", LAYERS)
def test_any_layer_can_be_asked_for(load, layer):
    loss = load({"loss.layers": [layer], "evaluate.feature_layers": [layer]}).variant("dfc").loss
    assert loss.layers == [layer] and list(loss.reference_rms) == [layer] and loss.reference_rms[layer] > 0


def test_a_reference_changes_only_variants_with_its_layer(load):
    before, after = plan(load()), plan(load({"loss.reference_rms.relu5_1": 71.0}))
    assert {name for name in before if before[name] != after[name]} == {"dfc_345"}


def test_pixel_parameters_change_only_variants_with_the_pixel_loss(load):
    before, after = plan(load()), plan(load({"loss.pixel_sigma": 0.5}))
    assert {name for name in before if before[name] != after[name]} == {"pvae"}


def test_the_seed_of_training_is_apart_from_the_seed_of_everything_else(load):
    assert plan(load({"seed": 1})) == plan(load())
    before, after = plan(load()), plan(load({"train.seed": 1}))
    assert all(before[name] != after[name] for name in before)
    one = load({"variants.dfc": {"train": {"seed": 1}}})
    assert {name for name in before if plan(one)[name] != before[name]} == {"dfc"}


def test_an_adversary_of_ones_own_is_a_choice(load, own_choice):
    block = {"adversary": {"kind": "hinge", "options": {"margin": 2.0}, "weight": 5.0}}
    assert "adversary.kind is 'hinge'; it must be one of none, gan, wasserstein, or a file of your own" in refusal(
        load, {"variants.other": block})
    own_choice(ADVERSARIES, "hinge", "")  # the stage plan checks its options
    variant = load({"variants.other": block}).variant("other")
    assert variant.label == "VAE-hinge-123" and variant.adversary.model_dump() == {
        "kind": "hinge", "weight": 5.0, "updates_per_step": 1, "channels": [32, 64, 128, 256], "learning_rate": 0.001,
        "options": {"margin": 2.0}}
    assert Variant.model_validate_json(variant.model_dump_json()) == variant
    assert "adversary.kind is 'hnge'; it must be one of none, gan, wasserstein, hinge, or a" in refusal(
        load, {"variants.other": {"adversary": {"kind": "hnge"}}})
    sentence = refusal(load, {"variants.other": {"adversary": {"kind": "hinge", "weight": -1}}})
    assert "variants.other.adversary.weight is -1, but should be greater than 0" in sentence
    sentence = refusal(load, {"variants.other": {"adversary": {"kind": "hinge", "options": 3}}})
    assert "variants.other.adversary.options is 3" in sentence


def test_options_of_an_own_adversary_change_no_other_variant(load):
    assert plan(load({"adversary.options": {"margin": 2.0}})) == plan(load())


def test_a_view_of_ones_own_is_a_choice(load, own_choice):
    own_choice(VIEWS, "upper_half", "")
    changes = {"view_gains.views": ["aligned", "upper_half"], "evaluate.view_sets.upper": ["upper_half"]}
    assert load(changes).view_gains.views == ["aligned", "upper_half"]


def test_where_a_run_happens_changes_no_variant(load):
    assert plan(load()) == plan(load({"cluster.workers": 4, "tracking.uri": "http://host", "cluster.processes": 2}))


def test_nulls_are_filled_by_scale(load):
    demo, paper = load(), load({"scale": "paper"})
    assert (demo.data.source, demo.loss_network.source, demo.data.test) == ("synthetic", "taught", "official")
    assert (paper.data.source, paper.loss_network.source, paper.data.test) == ("celeba", "imagenet", 20000)
    assert (paper.train.epochs, paper.train.lr_decay) == (5, 0.5)
    assert paper.variant("dfc_345").train.epochs == 5
    for params, widest in ((demo, 256), (paper, 512)):  # of a variant alone
        assert params.variant("dcgan").model.channels[-1] == params.variant("dcgan").adversary.channels[-1] == widest
        assert params.variant("dfc").model.channels[-1] == 256


def test_a_variant_with_values_at_a_scale_can_be_removed(load):
    assert "dcgan" not in load({"variants.dcgan": ABSENT}).variants


def test_a_value_that_is_set_wins_over_the_scale(load):
    params = load({"scale": "paper", "train.epochs": 2, "data.source": "synthetic"})
    assert (params.train.epochs, params.data.source, params.train.lr_decay) == (2, "synthetic", 0.5)


@pytest.fixture
def plan_folder(tmp_path, monkeypatch) -> Path:
    """plan/ of an empty project, which is the current folder."""
    monkeypatch.chdir(tmp_path)
    Path("plan/pipeline").mkdir(parents=True)
    return Path("plan")


@pytest.mark.parametrize("name", ["pvae", "dfc"])
def test_a_variant_reads_back_as_it_was_written(load, plan_folder, name):
    variant = load().variant(name)
    (plan_folder / f"{name}.json").write_text(variant.planned())
    assert read_variant(name) == variant.model_copy(update={"label": name})  # without the report's plan


@pytest.mark.parametrize(("text", "said"), [
    (None, "is missing"), ('{"name": "dfc"}', "is not what this code has planned"), ("{", "is not what this code")])
def test_a_plan_of_other_code_is_refused_in_one_sentence(plan_folder, text, said):
    if text is not None:
        (plan_folder / "dfc.json").write_text(text)
    with pytest.raises(InputError, match=f"plan/dfc.json {said}.*; run `dvc repro`"):
        read_variant("dfc")


def test_variants_of_the_plan_come_in_the_order_of_params_yaml(load, plan_folder):
    params = load()
    for name, text in plan(params).items():
        (plan_folder / f"{name}.json").write_text(text)
    report = ReportPlan(**dict(params.report), seed=0,
                        variants={name: params.variant(name).label for name in params.variants})
    (plan_folder / "pipeline/report.json").write_text(report.model_dump_json())
    assert read_variants() == [params.variant(name) for name in params.variants]


def test_the_committed_empty_file_exists():
    params = yaml.safe_load(PARAMS.read_text())
    assert params["loss_network"]["file"] == params["sampling"]["inception"] == NO_FILE
    assert (Path(__file__).resolve().parents[2] / NO_FILE).is_file()


@pytest.mark.parametrize(("changes", "said"), [
    # a wrong name: the sentence has its dotted path and the nearest known name
    ({"loss.kl_images": 64}, ["loss.kl_images is not a known parameter; it is called kl_scale now"]),
    ({"adversary.steps": 1}, ["adversary.steps is not a known parameter; it is called updates_per_step now"]),
    ({"multi_view": {"views": ["aligned"]}}, ["multi_view is not a known parameter; it is called view_gains now"]),
    ({"sed": 1}, ["sed is not a known parameter", "did you mean seed?"]),
    ({"trian": {}}, ["trian is not a known parameter", "did you mean train?"]),
    ({"train.epoch": 3}, ["train.epoch is not a known parameter", "did you mean epochs?"]),
    ({"data.img_size": 3}, ["data.img_size is not a known parameter", "did you mean image_size?"]),
    ({"loss.layer": []}, ["loss.layer is not a known parameter", "did you mean layers?"]),
    ({"loss.betta": 1}, ["loss.betta is not a known parameter", "did you mean beta?"]),
    ({"variants.dfc": {"loss": {"layer": []}}}, ["variants.dfc.loss.layer is not", "did you mean layers?"]),
    ({"variants.dfc": {"los": {}}}, ["variants.dfc.los is not", "did you mean loss?"]),
    ({"variants.dfc": {"data": {"image_size": 32}}}, ["variants.dfc.data is not", "model, loss, adversary, train"]),
    ({"scales.demo.variants.dcgan": {"modle": {}}}, ["scales.demo.variants.dcgan.modle is not", "did you mean model?"]),
    ({"scales.demo.data": {"sorce": "celeba"}}, ["scales.demo.data.sorce is not", "did you mean source?"]),
    ({"attributes.correlation": ["Male", "Male"]}, ["attributes.correlation", "must name each attribute once"]),
    ({"attributes.correlation": ["Male"]}, ["attributes.correlation", "at least 2"]),
    # values
    ({"scale": "huge"}, ["scale is 'huge'", "demo, small, paper"]),
    ({"loss.layers": ["relu9_1"]}, ["loss.layers: relu9_1 is not a layer of VGG-19", "relu3_1"]),
    ({"variants.dfc_345.loss.layers": ["relu3_11"]}, ["variants.dfc_345.loss.layers: relu3_11", "relu3_1"]),
    ({"evaluate.feature_layers": ["relu0"]}, ["evaluate.feature_layers: relu0 is not a layer"]),
    ({"loss.layers": ["relu1_1", "relu1_1"]}, ["loss.layers", "each once"]),
    ({"loss.layers": []}, ["loss.layers", "at least one"]),
    ({"evaluate.svm_c": [0.1, 1, 0.1]}, ["evaluate.svm_c", "each once"]),
    ({"view_gains.svm_c": [1, 1.0]}, ["view_gains.svm_c", "each once"]),
    ({"evaluate.svm_c": []}, ["evaluate.svm_c", "at least one"]),
    ({"evaluate.svm_c": [0.1, 0]}, ["evaluate.svm_c.1 is 0", "greater than 0"]),
    ({"view_gains.svm_c": [float("inf")]}, ["view_gains.svm_c.0 is inf", "finite"]),
    ({"view_gains.svm_c": [float("nan")]}, ["view_gains.svm_c.0 is nan", "finite"]),
    ({"loss.layers": "relu1_1,relu2_1"}, ["loss.layers is 'relu1_1,relu2_1'", "list"]),
    ({"loss.reconstruction": "pixle"}, ["loss.reconstruction is 'pixle'", "feature, pixel, none"]),
    ({"train.batch_size": "many"}, ["train.batch_size is 'many'", "integer"]),
    ({"train.epochs": 2.5}, ["train.epochs is 2.5", "integer"]),
    ({"train.learning_rate": -1}, ["train.learning_rate is -1", "greater than 0"]),
    ({"train.learning_rate": float("nan")}, ["train.learning_rate is nan"]),
    ({"loss.alpha": "x"}, ["loss.alpha is 'x'", "number"]),
    ({"variants.dfc": {"train": {"epochs": 0}}}, ["variants.dfc.train.epochs is 0", "greater than 0"]),
    ({"loss.reference_rms.relu1_1": -1}, ["loss.reference_rms.relu1_1 is -1"]),
    ({"model.channels": [32, 64]}, ["model.channels is [32, 64]", "4"]),
    ({"data.source": "x"}, ["data.source: x is not a source", "there are celeba,"]),
    ({"data.image_size": 60}, ["data.image_size", "multiple of 16"]),
    ({"data.image_size": 16}, ["data.image_size", "at least 32"]),
    ({"data.limit": 0}, ["data.limit is 0", "greater than 0"]),
    ({"loss_network.source": "file"}, ["loss_network", "source is file", "-S loss_network.file="]),
    ({"loss_network.width": 0.3}, ["loss_network.width: must be a multiple of 1/64", "0.3 times VGG-19's 64 channels"]),
    ({"loss_network.width": 1e6}, ["loss_network.width is 1000000.0, but should be less than or equal to 4"]),
    ({"loss_network.width": 0}, ["loss_network.width is 0, but should be greater than 0"]),
    ({"loss_network.source": "imagenet"}, ["loss_network.width: must be 1, since source is imagenet", "not 0.25"]),
    ({"loss_network.source": "learned"}, ["loss_network.source is 'learned'", "'taught'"]),
    ({"teaching.epochs": 0}, ["teaching.epochs is 0", "greater than 0"]),
    ({"loss_network.file": None}, ["loss_network.file is None", "string"]),
    ({"sampling.inception": None}, ["sampling.inception is None", "string"]),
    ({"sampling.bootstrap": 1}, ["sampling.bootstrap: must be 0 for no intervals, or at least 2"]),
    ({"sampling.reference": "train"}, ["sampling.reference is 'train'", "'test' or 'valid'"]),
    ({"train.seed": -1}, ["train.seed is -1"]),
    ({"variants.a-b": {}}, ["variants", "'a-b'", "letters"]),
    ({"variants.loss_networks": {}}, ["variants", "'loss_networks'", "names files and stages"]),
    ({"variants.pipeline": {}}, ["variants", "'pipeline'", "names files and stages"]),
    ({"adversary.kind": "wgan"}, ["adversary.kind is 'wgan'", "none, gan, wasserstein"]),
    ({"adversary.wieght": 1}, ["adversary.wieght is not a known parameter", "did you mean weight?"]),
    ({"variants.vae_wgan.adversary.clipp": 1}, ["variants.vae_wgan.adversary.clipp is not", "did you mean clip?"]),
    ({"variants.vae_wgan.adversary.lipschitz": "none"}, ["variants.vae_wgan.adversary.lipschitz is 'none'", "'clip'"]),
    ({"variants.dcgan.adversary.kind": "none"}, ["variants.dcgan has neither a reconstruction loss nor an adversary"]),
    ({"evaluate.view_sets.eyes": ["eye"]}, ["evaluate.view_sets.eyes: eye is not a view, a file of pipeline/data/views",
                                            "did you mean eyes?"]),
    ({"evaluate.view_sets": {"a b": ["eyes"]}}, ["evaluate.view_sets", "'a b'", "names files"]),
    ({"view_gains.views": []}, ["view_gains.views", "at least one view"]),
    ({"baselines.view": "face"}, ["baselines.view: face is not a view, a file of pipeline/data/views"]),
    ({"baselines.methods": ["pcaa"]}, ["baselines.methods: pcaa is not a baseline", "did you mean pca?", "untrained"]),
    ({"baselines.methods": ["vgg_fc"]}, ["baselines.methods: vgg_fc is not a baseline", "there are loss_network"]),
    ({"baselines.methods": ["pca", "pca"]}, ["baselines.methods: must name each baseline once"]),
    ({"baselines.supervised_epochs": 0}, ["baselines.supervised_epochs is 0", "greater than 0"]),
    ({"sampling.frechet_layer": "relu9"}, ["sampling.frechet_layer: relu9 is not a layer"]),
    # missing values
    ({"loss.layers": ["relu3_2"], "loss.reference_rms.relu3_2": ABSENT},
     ["reference_rms", "has no value for relu3_2", "restore its line from the committed params.yaml"]),
    ({"model.latent_dim": ABSENT}, ["model.latent_dim is missing"]),
    ({"seed": ABSENT}, ["seed is missing"]),
    ({"variants": None}, ["variants is None"]),
])
def test_a_wrong_parameter_is_named_in_one_sentence(load, changes, said):
    sentence = refusal(load, changes)
    assert sentence.startswith("params.yaml: ")
    for part in said:
        assert part in sentence


@pytest.mark.parametrize(("changes", "said"), [
    ({"loss.layers": None}, "loss.layers is None"),
    ({"loss.layers": 5}, "loss.layers is 5"),
    ({"variants.dfc": {"loss": 5}}, "variants.dfc.loss"),
    ({"variants.dfc": {"loss": ["layers"]}}, "variants.dfc.loss"),
    ({"loss.reconstruction": ["pixel"]}, "loss.reconstruction is ['pixel']"),
    ({"loss.reconstruction": ABSENT}, "params.yaml: loss.reconstruction"),
    ({"scale": ["demo"]}, "scale is ['demo']"),
    ({"scales.demo": None}, "scales.demo"),
    ({"scales.demo.data": None}, "scales.demo.data"),
    ({"scales": 5}, "scales"),
    ({"data": 5}, "data is 5"),
    ({"data": ABSENT}, "data is missing"),
    ({"data": None}, "data is None"),
    ({"data.test": "x"}, "params.yaml: data.test"),
    ({"data.test": 0}, "params.yaml: data.test"),
    ({"loss.reference_rms.relu1_1": ABSENT}, "loss.reference_rms: has no value for relu1_1"),
    ({"loss.reference_rms.relu4_1": ABSENT}, "loss.reference_rms: has no value for relu4_1"),
    ({"loss_network.source": "file"}, "loss_network.file: must name the weights"),
    ({"train.learning_rate": float("inf")}, "train.learning_rate is inf"),
    ({"loss.beta": float("inf")}, "loss.beta is inf"),
    ({"scales.paper.data": {"sorce": "celeba"}}, "scales.paper.data.sorce"),
])
def test_a_value_of_the_wrong_kind_is_named_by_its_dotted_path(load, changes, said):
    sentence = refusal(load, changes)
    assert said in sentence.split(";")[0]


def test_invalid_yaml_is_refused_with_its_line(tmp_path):
    (tmp_path / "params.yaml").write_text("seed: [1\nscale: demo\n")
    sentence = refusal(load_params, tmp_path / "params.yaml")
    assert "params.yaml is not valid YAML" in sentence and "line 2" in sentence


def test_a_file_that_is_no_mapping_is_refused(tmp_path):
    (tmp_path / "params.yaml").write_text("")
    assert "empty" in refusal(load_params, tmp_path / "params.yaml")


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "params.yaml").write_bytes(b"seed: \xff\xfe")
    assert "params.yaml" in refusal(load_params, tmp_path / "params.yaml")


def test_a_missing_file_is_refused(tmp_path):
    sentence = refusal(load_params, tmp_path / "params.yaml")
    assert "params.yaml is missing" in sentence and "root" in sentence


@pytest.mark.parametrize("gpus", [None, 0, 1])
def test_a_worker_may_have_one_gpu_or_none(load, gpus):
    assert load({"cluster.gpus_per_worker": gpus}).cluster.gpus_per_worker == gpus


@pytest.mark.parametrize("gpus", [2, 0.5, -1, True, "1"])
def test_another_number_of_gpus_is_refused(load, gpus):
    assert refusal(load, {"cluster.gpus_per_worker": gpus}) == (
        f"params.yaml: cluster.gpus_per_worker: must be 1, 0, or null for 1 where there are GPUs, not {gpus!r}: a "
        "worker trains on one GPU")


@pytest.mark.parametrize(("fewest", "most"), [(None, 0), (None, 4), (1, 4), (4, 4)])
def test_workers_may_be_fewer_for_a_while(load, fewest, most):
    assert load({"cluster.workers": most, "cluster.min_workers": fewest}).cluster.min_workers == fewest


@pytest.mark.parametrize(("fewest", "most", "why"), [
    (1, 0, ": is 1, but cluster.workers is 0, which trains in this process; set cluster.workers to the most workers, "
           "or cluster.min_workers to null"),
    (5, 4, ": is 5, more than cluster.workers, which is 4; make it 4 or less, or null to train with all of them only"),
    (0, 4, " is 0, but should be greater than 0")])
def test_fewest_workers_that_cannot_be_are_refused(load, fewest, most, why):
    assert refusal(load, {"cluster.workers": most, "cluster.min_workers": fewest}) == \
        f"params.yaml: cluster.min_workers{why}"
