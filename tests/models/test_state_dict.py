"""Weights from a file: what is read, and what is refused in which sentence."""

import pickle

import pytest
import torch
from safetensors.torch import save_file

from pipeline.errors import InputError
from pipeline.models.state_dict import WeightsFile, read_state_dict, select_weights

SHAPES = {"a.weight": (2, 3), "a.bias": (2,)}
WEIGHTS = {"a.bias": torch.tensor([1.0, -2.0]), "a.weight": torch.arange(6.0).view(2, 3)}


class Touch:
    """Creates a file when pickle loads it."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return self.path.touch, ()


def named(path) -> WeightsFile:
    return WeightsFile("evaluate.net", path, "a small network", "give its weights")


def refused(call, *arguments) -> str:
    """Return what the one sentence says between the file's path and what to do."""
    with pytest.raises(InputError) as error:
        call(*arguments)
    said, path = str(error.value), arguments[0].path
    assert said.startswith(f"evaluate.net: {path} ") and "\n" not in said and ". " not in said
    what, _, remedy = said.removeprefix(f"evaluate.net: {path} ").rpartition("; ")
    assert remedy == ("get the file again" if what.startswith("is damaged") else "give its weights")
    return what


@pytest.mark.parametrize("form", ["pth", "nested.pth", "old.pth", "safetensors"])
def test_weights_are_read_in_any_usual_form(tmp_path, form):
    path = tmp_path / f"weights.{form}"
    if form == "safetensors":
        save_file(WEIGHTS, path)
    else:
        torch.save({"epoch": 3, "state_dict": WEIGHTS} if form == "nested.pth" else WEIGHTS, path,
                   _use_new_zipfile_serialization=form != "old.pth")
    state = read_state_dict(named(path))
    assert state.keys() == WEIGHTS.keys() and all(torch.equal(state[name], WEIGHTS[name]) for name in WEIGHTS)


def test_other_kinds_of_files_are_refused(tmp_path):
    assert refused(read_state_dict, named(tmp_path / "absent.pth")) == "does not exist"
    assert refused(read_state_dict, named(tmp_path)) == "is a folder and no file"
    page = tmp_path / "page.pth"
    page.write_text("\n<!DOCTYPE html><html>Quota exceeded</html>")
    assert refused(read_state_dict, named(page)) == "is an HTML page, not weights"
    for content in (b"", b"}e.", pickle.dumps(Touch(tmp_path / "ran"), 2)):
        page.write_bytes(content)
        assert refused(read_state_dict, named(page)) == "is not a state dict that can be read without executing code"
    torch.save(WEIGHTS | {"more": Touch(tmp_path / "ran")}, page)
    assert refused(read_state_dict, named(page)) == "is not a state dict that can be read without executing code"
    assert not (tmp_path / "ran").exists()
    for content, kind in (([torch.zeros(1)], "list"), (torch.zeros(1), "Tensor"), ({0: torch.zeros(1)}, "dict")):
        torch.save(content, page)
        assert refused(read_state_dict, named(page)) == f"holds a {kind} that is not a state dict"


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_weights_become_float32_by_their_names(dtype):
    state = {name: value.to(dtype) for name, value in WEIGHTS.items()}
    selected = select_weights(named("weights.pth"), state, SHAPES)
    assert {value.dtype for value in selected.values()} == {torch.float32}
    assert selected.keys() == SHAPES.keys() and all(torch.equal(selected[name], WEIGHTS[name]) for name in SHAPES)


@pytest.mark.parametrize(("change", "why"), [
    ({"a.bias": None}, "a.bias is a NoneType and not a tensor"),
    ({"b": torch.zeros(1)}, "b is not one of its weights"),
    ({"a.weight": torch.zeros(3, 2)}, "a.weight has shape (3, 2) and not (2, 3)")])
def test_another_network_is_refused(change, why):
    said = refused(select_weights, named("weights.pth"), WEIGHTS | change, SHAPES)
    assert said == f"holds the weights of another network than a small network: {why}"


def test_a_missing_weight_is_named():
    said = refused(select_weights, named("weights.pth"), {"a.bias": WEIGHTS["a.bias"]}, SHAPES)
    assert said == "holds the weights of another network than a small network: a.weight is missing"


@pytest.mark.parametrize(("value", "kind"), [
    (torch.tensor([1, 2]), "torch.LongTensor"), (torch.tensor([True, False]), "torch.BoolTensor"),
    (torch.tensor([1j, 2]), "torch.ComplexFloatTensor"), (torch.ones(2).to_sparse(), "torch.sparse.FloatTensor")])
def test_other_tensors_than_floating_point_numbers_are_refused(value, kind):
    said = refused(select_weights, named("weights.pth"), WEIGHTS | {"a.bias": value}, SHAPES)
    assert said == f"does not hold plain floating-point numbers: a.bias is a tensor of type {kind}"


@pytest.mark.parametrize("value", [torch.nan, torch.inf, 1e300])
def test_values_that_are_not_finite_in_float32_are_refused(value):
    bias = torch.tensor([1.0, value], dtype=torch.float64)
    said = refused(select_weights, named("weights.pth"), WEIGHTS | {"a.bias": bias}, SHAPES)
    assert said == "is damaged: a.bias has values that are not finite"
