"""The plan: which files it has, and what it refuses before any long work."""

import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from pipeline.config.loading import load_params
from pipeline.config.params import Params
from pipeline.config.variant import Variant
from pipeline.errors import InputError
from pipeline.evaluation import inception, lpips
from pipeline.losses.loss_network import sources
from pipeline.models.vgg19_layers import parameter_shapes
from pipeline.plan.checks import check_correlation
from pipeline.plan.resolve import resolve
from pipeline.vocabulary import ADVERSARIES, BASELINES, VIEWS
from tests.models.test_start_weights import write_trained
from tests.tiny import PARAMS, random_weights


def params_with(**sections) -> Params:
    """Return the committed parameters with other values in some sections; these are not validated."""
    params = load_params(PARAMS)
    return params.model_copy(update={name: getattr(params, name).model_copy(update=values)
                                     for name, values in sections.items()})


def test_attributes_are_celebas_where_the_data_set_is_known_to_have_these(tmp_path):
    for source in ("celeba", "synthetic"):
        params = params_with(data={"source": source}, attributes={"correlation": ["Male", "Smilng"]})
        with pytest.raises(InputError) as refused:
            check_correlation(params)
        assert str(refused.value) == ("params.yaml: attributes.correlation: Smilng is not one of CelebA's attributes; "
                                      "did you mean Smiling?")
    check_correlation(params_with(data={"source": "folder"}, attributes={"correlation": ["rot", "grün"]}))
    with pytest.raises(InputError, match="Smilng is not one of CelebA's"):
        resolve(params_with(attributes={"correlation": ["Male", "Smilng"]}))


def from_file(path, last: str = "relu1_1") -> Params:
    """Return parameters of one variant, with the loss network up to `last` from a file."""
    params = params_with(loss_network={"source": "file", "width": 1.0, "file": str(path)},
                         evaluate={"feature_layers": ["relu1_1"]}, sampling={"frechet_layer": "relu1_1"},
                         view_gains={"variants": ["dfc"]})
    return params.model_copy(update={"variants": {"dfc": {"loss": {"layers": [last]}}}})


def save_small(shapes, path) -> None:
    """Save weights of these shapes that take one number each in memory and in the file."""
    torch.save({name: torch.full((1,), 0.5).expand(shape) for name, shape in shapes.items()}, path)


class Touch:
    """Creates a file when pickle loads it."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_the_plan_has_a_file_for_each_variant_and_each_section_that_a_stage_reads():
    plan = resolve(load_params(PARAMS))
    assert set(plan) == {
        "pvae.json", "dfc.json", "dfc_345.json", "dcgan.json", "vae_wgan.json", "pipeline/data.json",
        "pipeline/dataset.json", "pipeline/teaching.json", "pipeline/loss_network.json", "pipeline/loss_networks.json",
        "pipeline/attributes.json",
        "pipeline/evaluate.json", "pipeline/baselines.json", "pipeline/view_gains.json", "pipeline/photographs.json",
        "pipeline/sampling.json", "pipeline/report.json"}
    assert isinstance(plan["dfc.json"], Variant) and plan["dfc.json"].label == "VAE-123"
    assert list(plan["pipeline/report.json"].variants.items()) == [
        ("pvae", "PVAE"), ("dfc", "VAE-123"), ("dfc_345", "VAE-345"), ("dcgan", "DCGAN"), ("vae_wgan", "VAE-WGAN")]
    assert plan["pipeline/loss_network.json"].file is None and plan["pipeline/sampling.json"].inception is None
    assert plan["pipeline/loss_networks.json"].layers == {
        "pvae": [], "dfc": ["relu1_1", "relu2_1", "relu3_1"], "dfc_345": ["relu3_1", "relu4_1", "relu5_1"],
        "dcgan": [], "vae_wgan": ["relu1_1", "relu2_1", "relu3_1"]}
    assert plan["pipeline/evaluate.json"].reference_rms == {"relu1_1": 51.3, "relu2_1": 268.5, "relu3_1": 370.2}


def test_layers_change_only_a_variant_its_label_and_its_part_of_the_loss_network():
    params = load_params(PARAMS)
    before = resolve(params)
    after = resolve(params.model_copy(update={"loss": {**params.loss, "layers": ["relu3_1", "relu4_1"]}}))
    assert {name for name in before if before[name] != after[name]} == {
        "dfc.json", "pipeline/view_gains.json", "pipeline/report.json", "pipeline/loss_networks.json"}
    assert after["pipeline/view_gains.json"].labels == {"dfc": "VAE-34", "dfc_345": "VAE-345"}
    one, other = (plan["pipeline/loss_networks.json"].model_dump() for plan in (before, after))
    assert {name for name in one if one[name] != other[name]} == {"layers"}
    changed = {name for name in one["layers"] if one["layers"][name] != other["layers"][name]}
    assert changed == {"dfc"} and other["layers"]["dfc"] == ["relu3_1", "relu4_1"]
    one, other = (plan["pipeline/report.json"].model_dump() for plan in (before, after))
    assert {name for name in one if one[name] != other[name]} == {"variants"}


def test_another_seed_of_training_changes_only_variants_and_what_begins_with_their_weights():
    params = load_params(PARAMS)
    before = resolve(params)
    after = resolve(params.model_copy(update={"train": params.train.model_copy(update={"seed": 1})}))
    assert {name for name in before if before[name] != after[name]} == {
        "pipeline/baselines.json", *(f"{name}.json" for name in params.variants)}
    assert before["dfc.json"].model_copy(update={"train": after["dfc.json"].train}) == after["dfc.json"]
    whole = resolve(params.model_copy(update={"seed": 1}))  # the seed of everything else
    assert {name for name in before if before[name] != whole[name]} == {
        f"pipeline/{name}.json" for name in (
            "data", "dataset", "teaching", "loss_network", "attributes", "evaluate", "baselines", "photographs",
            "sampling", "report")}


def test_a_variant_does_not_depend_on_its_label():
    """A block that repeats the default changes the label, but not the variant."""
    params = load_params(PARAMS)
    before, after = resolve(params), resolve(params.model_copy(update={
        "variants": params.variants | {"dfc": {"loss": {"beta": params.loss["beta"]}}}}))
    assert after["pipeline/report.json"].variants["dfc"] == "VAE-123 beta=0.5"
    assert before["dfc.json"].planned() == after["dfc.json"].planned()
    assert {name for name in before if before[name] != after[name]} == {
        "dfc.json", "pipeline/report.json", "pipeline/view_gains.json"}  # dfc.json only as an object


def test_an_evaluated_layer_needs_a_reference():
    params = params_with(evaluate={"feature_layers": ["relu3_2"]})
    assert resolve(params)["pipeline/evaluate.json"].reference_rms == {"relu3_2": 428.6}
    del params.loss["reference_rms"]["relu3_2"]
    with pytest.raises(InputError, match="evaluate.feature_layers names relu3_2, for which loss.reference_rms has no "
                                         "value; restore its line from the committed params.yaml"):
        resolve(params)


def test_a_reference_that_nothing_uses_is_in_no_plan():
    """Else a new entry would train and evaluate everything again."""
    params = load_params(PARAMS)
    before = resolve(params)
    more = {**params.loss["reference_rms"], "relu3_2": 1.0, "relu5_4": 2.0}
    assert resolve(params.model_copy(update={"loss": {**params.loss, "reference_rms": more}})) == before
    del more["relu3_2"]
    assert resolve(params.model_copy(update={"loss": {**params.loss, "reference_rms": more}})) == before


def test_the_plan_says_which_parameter_sets_the_layers_of_each_variant():
    assert resolve(load_params(PARAMS))["pipeline/loss_networks.json"].parameters == {
        "pvae": "loss.layers", "dfc": "loss.layers", "dfc_345": "variants.dfc_345.loss.layers", "dcgan": "loss.layers",
        "vae_wgan": "variants.vae_wgan.loss.layers"}


@pytest.mark.parametrize(("sections", "said"), [
    ({"view_gains": {"variants": ["dfc", "dcf_345"]}}, "view_gains.variants names dcf_345, .* did you mean dfc_345?"),
    ({"view_gains": {"variants": ["dcgan"]}}, "view_gains.variants names dcgan, which has no encoder and so no"),
    ({"report": {"mosaic_variant": "dcgan"}}, "report.mosaic_variant names dcgan, which has no encoder"),
    ({"report": {"view_set": "landmarks"}}, "report.view_set is landmarks, which is not one of evaluate.view_sets "
     "\\(aligned, landmark, multi_view\\); did you mean landmark?"),
    ({"sampling": {"inception": "/nowhere/inception.pth"}}, "sampling.inception is /nowhere/inception.pth, which"),
    ({"evaluate": {"lpips": "/nowhere/lpips.pth"}}, "evaluate.lpips is /nowhere/lpips.pth, which does not exist; give "
     "the file of LPIPS's weights, or data/none for none"),
    ({"loss_network": {"file": "/nowhere/vgg19.pth"}}, "loss_network.file is /nowhere/vgg19.pth, which does not "
     "exist; give the file of VGG-19's weights, or data/none for none"),
    ({"model": {"architecture": "vea"}}, "model.architecture of variant pvae is vea, which is neither one of"),
    ({"data": {"root": "/nowhere"}}, "data.root is /nowhere, which is not a folder")])
def test_what_a_later_stage_could_not_use_is_refused(sections, said):
    with pytest.raises(InputError, match=f"params.yaml: {said}"):
        resolve(params_with(**sections))


@pytest.mark.parametrize("form", ["pth", "nested.pth", "half.pth", "safetensors"])
def test_weights_are_read_in_any_usual_form(tmp_path, form):
    path, weights = tmp_path / f"vgg19.{form}", random_weights("relu2_1")
    if form == "safetensors":
        save_file(weights, path)
    elif form == "half.pth":
        torch.save({name: tensor.half() for name, tensor in weights.items()}, path)
    else:
        torch.save({"state_dict": weights} if form == "nested.pth" else weights, path)
    plan = resolve(from_file(path, "relu2_1"))["pipeline/loss_network.json"]
    assert plan.file == str(path)
    read = sources.get_weights(plan.source, plan.file, plan.seed)
    assert set(read) == set(weights) and {tensor.dtype for tensor in read.values()} == {torch.float32}
    torch.testing.assert_close(read["features.2.weight"], weights["features.2.weight"], rtol=1e-3, atol=1e-3)


def refusal(path, last: str = "relu1_1") -> str:
    with pytest.raises(InputError) as error:
        resolve(from_file(path, last))
    assert str(path) in str(error.value) and "\n" not in str(error.value)
    return str(error.value)


def test_a_missing_file_is_refused(tmp_path):
    assert "does not exist" in refusal(tmp_path / "vgg19.pth")


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_web_page_under_the_name_of_weights_is_refused(tmp_path, suffix):
    path = tmp_path / f"vgg19{suffix}"
    path.write_text("\n<!DOCTYPE html><html><title>Quota exceeded</title></html>")
    assert "HTML page" in refusal(path)


@pytest.mark.parametrize("content", [b"", b"hello", b"version https://git-lfs.github.com/spec/v1\n", b"\x89PNG\r\n",
                                     b"\x1f\x8b\x08\x00", b"PK\x03\x04", b"e", b"}e."])
def test_a_file_with_something_else_is_refused(tmp_path, content):
    path = tmp_path / "vgg19.pth"
    path.write_bytes(content)
    assert "state dict" in refusal(path)


def test_a_truncated_file_is_refused(tmp_path):
    path = tmp_path / "vgg19.pth"
    torch.save(random_weights("relu1_2"), path)
    path.write_bytes(path.read_bytes()[:-1000])
    assert "state dict" in refusal(path)


@pytest.mark.parametrize("save", [torch.save, lambda value, path: path.write_bytes(pickle.dumps(value))])
def test_code_in_a_pickle_is_refused_and_not_executed(tmp_path, save):
    path = tmp_path / "vgg19.pth"
    save({**random_weights("relu1_1"), "features.0.bias": Touch(tmp_path / "executed")}, path)
    assert "without executing code" in refusal(path)
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("shape", [(64, 3, 5, 5), (32, 3, 11, 11)])
def test_other_shapes_than_those_of_vgg19_are_refused(tmp_path, shape):
    path = tmp_path / "vgg19.pth"
    torch.save(random_weights("relu1_1") | {"features.0.weight": torch.zeros(shape)}, path)
    sentence = refusal(path)
    assert "features.0.weight" in sentence and str(shape) in sentence and "(64, 3, 3, 3)" in sentence


@pytest.mark.parametrize("value", ["a string", None, 1])
def test_values_that_are_no_tensors_are_refused(tmp_path, value):
    path = tmp_path / "vgg19.pth"
    torch.save(random_weights("relu1_1") | {"features.0.weight": value}, path)
    assert "features.0.weight" in refusal(path)


@pytest.mark.parametrize(("value", "said"), [
    (torch.ones(64, 3, 3, 3).int(), "features.0.weight is a tensor of type torch.IntTensor"),
    (torch.zeros(64, 3, 3, 3), "features.0.weight is 0 everywhere")])
def test_a_first_layer_that_nobody_trained_is_refused(tmp_path, value, said):
    path = tmp_path / "vgg19.pth"
    torch.save(random_weights("relu1_1") | {"features.0.weight": value}, path)
    assert said in refusal(path)


def test_weights_that_are_not_finite_are_refused(tmp_path):
    path = tmp_path / "vgg19.pth"
    weights = random_weights("relu1_1")
    weights["features.0.weight"][0, 0, 0, 0] = float("nan")
    torch.save(weights, path)
    assert "features.0.weight" in refusal(path)


@pytest.mark.parametrize("content", [[1], torch.zeros(2)])
def test_a_file_without_a_state_dict_is_refused(tmp_path, content):
    path = tmp_path / "vgg19.pth"
    torch.save(content, path)
    assert "not a state dict" in refusal(path)


def test_weights_of_another_network_are_refused(tmp_path):
    path = tmp_path / "vgg19.pth"
    torch.save({"conv1.weight": torch.zeros(64, 3, 7, 7)}, path)
    assert "features.0.weight" in refusal(path)


@pytest.mark.parametrize("drop", [None, "features.5.bias"])
def test_weights_that_do_not_reach_the_layers_are_refused(tmp_path, drop):
    path = tmp_path / "vgg19.pth"
    weights = random_weights("relu2_1" if drop else "relu1_2")
    weights.pop(drop, None)
    torch.save(weights, path)
    sentence = refusal(path, "relu2_1")
    assert "relu2_1" in sentence and "only up to relu1_2" in sentence


@pytest.mark.parametrize(("parameter", "sections"), [
    ("variants.dfc.loss.layers", {"variants": {"dfc": {"loss": {"layers": ["relu2_1"]}}}}),
    ("loss.layers", {"variants": {"dfc": {}, "pvae": {"loss": {"reconstruction": "pixel"}}}}),
    ("evaluate.feature_layers", {"evaluate": {"feature_layers": ["relu2_1"]}}),
    ("sampling.frechet_layer", {"sampling": {"frechet_layer": "relu2_1"}})])
def test_the_parameter_whose_layer_the_file_does_not_reach_is_named(tmp_path, parameter, sections):
    path = tmp_path / "vgg19.pth"
    torch.save(random_weights("relu1_1"), path)
    params = from_file(path)
    params = params.model_copy(update={
        name: values if name == "variants" else getattr(params, name).model_copy(update=values)
        for name, values in sections.items()})
    with pytest.raises(InputError, match=f"^params.yaml: {parameter} names relu2_1, but {path} holds VGG-19 only"):
        resolve(params)


def test_the_plan_does_not_depend_on_the_contents_of_a_file(tmp_path):
    """DVC sees that the file changes, and the stage that depends on it reads it again."""
    path = tmp_path / "vgg19.pth"
    torch.save(random_weights("relu1_1"), path)
    before = resolve(from_file(path))
    torch.save(other := random_weights("relu1_1", seed=1), path)
    assert resolve(from_file(path)) == before
    plan = before["pipeline/loss_network.json"]
    read = sources.get_weights(plan.source, plan.file, plan.seed)
    assert all(torch.equal(read[name], tensor) for name, tensor in other.items())
    path.write_bytes(b"damaged")
    with pytest.raises(InputError, match="state dict"):
        sources.get_weights(plan.source, plan.file, plan.seed)


@pytest.mark.parametrize(("held", "width", "said"), [
    (1.0, 0.25, "has 64 filters in features.0, but loss_network.width 0.25 asks for 16; set loss_network.width to 1"),
    (0.125, 1.0, "has 8 filters in features.0, but loss_network.width 1 asks for 64; set loss_network.width to 0.125"),
    (17 / 64, 0.25, "has 17 filters in features.0, but loss_network.width 0.25 asks for 16; set loss_network.width to "
                    "0.265625")])
def test_a_file_of_another_width_is_refused_with_its_own(tmp_path, held, width, said):
    path = tmp_path / "vgg19.pth"
    weights = sources.random_weights(0, held)
    torch.save({name: weights[name] for name in parameter_shapes("relu1_1")}, path)
    params = from_file(path)
    params = params.model_copy(update={"loss_network": params.loss_network.model_copy(update={"width": width})})
    with pytest.raises(InputError) as error:
        resolve(params)
    assert str(error.value) == f"loss_network.file: {path} {said}"
    right = params.loss_network.model_copy(update={"width": held})
    assert resolve(params.model_copy(update={"loss_network": right}))["pipeline/loss_network.json"].width == held


def test_a_file_with_one_layer_of_another_width_is_refused(tmp_path):
    path = tmp_path / "vgg19.pth"
    weights = {name: sources.random_weights(0, 0.25)[name] for name in parameter_shapes("relu1_2", 0.25)}
    torch.save(weights | {"features.2.weight": torch.ones(64, 16, 3, 3)}, path)
    params = from_file(path, "relu1_2")
    params = params.model_copy(update={"loss_network": params.loss_network.model_copy(update={"width": 0.25})})
    with pytest.raises(InputError, match=r"features.2.weight has shape \(64, 16, 3, 3\) and not \(16, 16, 3, 3\)"):
        resolve(params)


def test_a_file_that_is_not_the_source_is_not_in_the_plan(tmp_path):
    path = tmp_path / "vgg19.pth"
    path.write_bytes(b"not looked at")
    plan = resolve(params_with(loss_network={"file": str(path)}))
    assert plan == resolve(load_params(PARAMS))


def test_how_the_loss_network_is_taught_is_planned_only_where_it_is_taught():
    """Else a change of the section teaching, or of the seed, would make the stage teach run for nothing."""
    demo = resolve(load_params(PARAMS))["pipeline/teaching.json"].recipe
    assert demo.width == 0.25 and demo.seed == 0 and demo.epochs == load_params(PARAMS).teaching.epochs
    longer = resolve(params_with(teaching={"epochs": 99}))["pipeline/teaching.json"].recipe
    assert longer == demo.model_copy(update={"epochs": 99})
    random = {"source": "random"}
    assert resolve(params_with(loss_network=random, teaching={"epochs": 99})) == resolve(
        params_with(loss_network=random))
    assert resolve(params_with(loss_network=random))["pipeline/teaching.json"].recipe is None


@pytest.mark.parametrize(("data", "why"), [
    ({"source": "folder", "align": "crop"}, "data.align is crop, which keeps none; set it to auto or detect"),
    ({"source": "folder", "align": "auto"},
     "these images have none; name a table in data.landmarks, set data.align to detect"),
    ({"align": "crop"}, "data.align is crop, which keeps none; set it to auto or detect"),
])
def test_a_network_is_not_taught_on_faces_without_landmarks(data, why):
    with pytest.raises(InputError) as error:
        resolve(params_with(data=data))
    assert str(error.value) == (
        "params.yaml: loss_network.source is taught, which learns from the five landmarks of each face, and "
        f"{why}, or set loss_network.source to random, imagenet or file")
    resolve(params_with(data=data, loss_network={"source": "random"}))


@pytest.mark.parametrize(("parameter", "sections"), [
    ("evaluate.feature_layers", {"evaluate": {"feature_layers": ["relu5_2"]}}),
    ("sampling.frechet_layer", {"sampling": {"frechet_layer": "relu5_2"}})])
def test_a_layer_that_is_not_taught_is_refused(parameter, sections):
    with pytest.raises(InputError, match=f"^params.yaml: {parameter} names relu5_2, but the taught network holds "
                                         "VGG-19 only up to relu5_1"):
        resolve(params_with(**sections))
    resolve(params_with(**sections, loss_network={"source": "random"}))


def test_the_plan_has_the_path_of_lpips_and_none_without_it(tmp_path):
    without = resolve(load_params(PARAMS))
    save_small(lpips.weight_shapes(), tmp_path / "lpips.pth")
    plan = resolve(params_with(evaluate={"lpips": str(tmp_path / "lpips.pth")}))
    assert without["pipeline/evaluate.json"].lpips is None
    assert plan["pipeline/evaluate.json"].lpips == str(tmp_path / "lpips.pth")
    assert {name for name in plan if plan[name] != without[name]} == {"pipeline/evaluate.json"}


def test_the_plan_has_the_path_of_inception(tmp_path):
    path = tmp_path / "inception.pth"
    save_small(inception.weight_shapes(), path)
    assert resolve(params_with(sampling={"inception": str(path)}))["pipeline/sampling.json"].inception == str(path)


@pytest.mark.parametrize(("section", "parameter", "network"), [("evaluate", "lpips", lpips),
                                                               ("sampling", "inception", inception)])
def test_wrong_weights_of_a_metric_are_refused_before_any_training(tmp_path, section, parameter, network):
    shapes, path = network.weight_shapes(), tmp_path / "weights.pth"
    name = next(iter(shapes))

    def refused(**change) -> str:
        save_small(shapes | change, path)
        with pytest.raises(InputError, match=f"^{section}.{parameter}: {path} ") as error:
            resolve(params_with(**{section: {parameter: str(path)}}))
        return str(error.value)

    assert f": {name} has shape (7,) and not {shapes[name]}; give " in refused(**{name: (7,)})
    assert "more is not one of its weights" in refused(more=(1,))
    path.write_text("<html>Quota exceeded</html>")
    with pytest.raises(InputError, match=f"^{section}.{parameter}: {path} is an HTML page, not weights; give "):
        resolve(params_with(**{section: {parameter: str(path)}}))


def test_without_weights_of_metrics_nothing_is_imported_for_them():
    code = ("import sys\nfrom pipeline.config.loading import load_params\nfrom pipeline.plan.resolve import resolve\n"
            "resolve(load_params())\nprint(sorted({'torchvision', 'torch_fidelity'} & sys.modules.keys()))")
    project = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(("section", "parameter"), [("loss_network", "file"), ("sampling", "inception"),
                                                    ("evaluate", "lpips")])
def test_a_folder_is_no_file_of_weights(tmp_path, section, parameter):
    with pytest.raises(InputError, match=f"^params.yaml: {section}.{parameter} is {tmp_path}, which is a folder; give"):
        resolve(params_with(**{section: {parameter: str(tmp_path)}}))


def test_files_of_ones_own_are_checked(own_choice):
    own_choice(VIEWS, "upper_half", "")
    with pytest.raises(InputError, match="pipeline/data/views/upper_half.py has no function crop"):
        resolve(load_params(PARAMS))
    own_choice(VIEWS, "upper_half", "def crop(image, size, landmarks): ...")
    resolve(load_params(PARAMS))
    own_choice(ADVERSARIES, "hinge", "class Hinge:\n    def __init__(self, size, channels, weight): ...\n")
    params = load_params(PARAMS)
    params.variants["dfc"]["adversary"] = {"kind": "hinge", "options": {"margin": 2.0}}
    with pytest.raises(InputError, match="adversary.options.margin is not an option of Hinge"):
        resolve(params)


def test_a_baseline_of_ones_own_needs_a_function_that_measures_it(own_choice):
    params = load_params(PARAMS)
    own = params.model_copy(update={"baselines": params.baselines.model_copy(update={"methods": ["hog"]})})
    own_choice(BASELINES, "hog", "")
    with pytest.raises(InputError, match="pipeline/evaluation/baselines/hog.py has no function measure; add it"):
        resolve(own)
    own_choice(BASELINES, "hog", "def measure(given): ...")
    assert resolve(own)["pipeline/baselines.json"].methods == ["hog"]


def test_the_layers_of_the_loss_network_are_planned_and_checked_where_a_baseline_reads_them(tmp_path):
    params = params_with(baselines={"methods": ["pca"]})
    assert resolve(params)["pipeline/baselines.json"].layers == []
    own_layers = params.model_copy(update={"variants": {"dfc": {"loss": {"layers": ["relu1_1"]}}},
                                           "view_gains": params.view_gains.model_copy(update={"variants": ["dfc"]})})

    def reading(layers: list[str]) -> Params:
        return own_layers.model_copy(update={
            "loss": params.loss | {"layers": layers},
            "baselines": params.baselines.model_copy(update={"methods": ["loss_network"]})})

    assert resolve(reading(["relu2_1"]))["pipeline/baselines.json"].layers == ["relu2_1"]
    for wrong, why in ((["relu9_9"], "relu9_9 is not a layer of VGG-19"), ([], "must name at least one layer")):
        with pytest.raises(InputError, match=f"loss.layers, of which the baseline loss_network takes .*: {why}"):
            resolve(reading(wrong))
    torch.save(random_weights("relu1_1"), path := tmp_path / "vgg19.pth")
    held = reading(["relu2_1"]).model_copy(update={
        "loss_network": params.loss_network.model_copy(update={"source": "file", "width": 1.0,
                                                                  "file": str(path)}),
        "evaluate": params.evaluate.model_copy(update={"feature_layers": ["relu1_1"]}),
        "sampling": params.sampling.model_copy(update={"frechet_layer": "relu1_1"})})
    with pytest.raises(InputError, match="loss.layers names relu2_1, but .* holds VGG-19 only up to relu1_1"):
        resolve(held)


def test_weights_to_start_from_are_checked_for_every_variant_and_stand_in_the_plan_by_their_path(tmp_path):
    without, dfc = resolve(load_params(PARAMS)), load_params(PARAMS).variant("dfc")
    write_trained(tmp_path / "dfc.safetensors", dfc)
    with pytest.raises(InputError, match=r"train\.start_from: .* model\.architecture vae, but variant dcgan has"):
        resolve(params_with(train={"start_from": str(tmp_path / "dfc.safetensors")}))
    (tmp_path / "models").mkdir()
    with pytest.raises(InputError, match="models, a folder without pvae/model.safetensors"):
        resolve(params_with(train={"start_from": str(tmp_path / "models")}))
    for planned in without.values():
        if isinstance(planned, Variant):
            write_trained(tmp_path / "models" / planned.name / "model.safetensors", planned)
    plan = resolve(params_with(train={"start_from": str(tmp_path / "models")}))
    assert plan["dfc.json"].train.start_from == str(tmp_path / "models")
    assert {name for name in plan if plan[name] != without[name]} == {
        name for name, planned in without.items() if isinstance(planned, Variant)}


def test_in_dvcs_copy_of_the_project_a_path_must_be_absolute(tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    for sections in ({"data": {"root": "nowhere"}}, {"loss_network": {"file": "nowhere"}}):
        with pytest.raises(InputError, match="with --temp or --queue runs in a copy .*: give an absolute path"):
            resolve(params_with(**sections))


@pytest.mark.parametrize(("parameter", "of_photographs"), [
    ("mixture_components", False), ("mixture_images", False), ("images", True), ("bootstrap", True)])
def test_only_what_decides_the_photographs_features_is_in_their_plan(parameter, of_photographs):
    before = resolve(load_params(PARAMS))
    after = resolve(params_with(sampling={parameter: 7}))
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"pipeline/sampling.json"} | ({"pipeline/photographs.json"} if of_photographs else set())
