"""One trained variant → one folder."""

from pathlib import Path
from typing import NamedTuple

from pipeline.export import pictures
from pipeline.export.agreement import largest_differences
from pipeline.export.card import model_card
from pipeline.export.description import describe, hashes_of
from pipeline.export.folder import CONFIG, replacing_export
from pipeline.export.graphs import write_graphs
from pipeline.export.latent_space_file import NAME as LATENT_SPACE
from pipeline.export.latent_space_file import write_latent_space
from pipeline.export.templates import rendered
from pipeline.export.trained_variant import TrainedVariant, read_trained_variant
from pipeline.files.json_file import write_json
from pipeline.vocabulary import readable

STRENGTH = 3  # times the vector of an attribute, in the example; one changes a briefly trained model's faces hardly


class Exported(NamedTuple):
    """What an export has made."""

    folder: Path
    differences: dict[str, float]  # output → largest difference between onnxruntime and torch
    sizes: dict[str, int]  # file → bytes
    notes: list[str]  # sentences on what is left out


def export_variant(name: str, folder: Path) -> Exported:
    """Write the folder of a trained variant, in the place of an earlier export.

    Raises:
        InputError: the variant is not trained or lacks results, the folder holds something else, the architecture has
            no ONNX form, or onnxruntime computes something else than torch.
    """
    with replacing_export(folder) as work:
        trained = read_trained_variant(name)
        write_graphs(work, trained.model, trained.variant.encodes)
        differences = largest_differences(work, trained.model, trained.faces, trained.latents)
        write_latent_space(work / LATENT_SPACE, trained.space)
        shown = pictures.draw_samples(work / pictures.NAME, trained.model, trained.space, trained.variant.encodes)
        example, text = example_for(trained)
        (work / "example.py").write_text(text, encoding="utf-8")
        config = describe(trained, differences, example)
        files = [path.name for path in work.iterdir()]
        (work / "README.md").write_text(model_card(trained, config, shown, files), encoding="utf-8")
        write_json(work / CONFIG, config | {"sha256": hashes_of(work)})
        sizes = {path.name: path.stat().st_size for path in sorted(work.iterdir())}
    return Exported(folder, differences, sizes, what_is_left_out(trained))


def example_for(trained: TrainedVariant) -> tuple[str, str]:
    """Return which example fits a variant, "edit" or "walk", and its text."""
    variant, attribute = trained.variant, pictures.attribute_to_edit(trained.space)
    common = {"latent_dim": variant.model.latent_dim, "size": variant.image_size,
              "component": int(trained.space.mixture.weights.argmax()) if trained.space.mixture else None}
    if not variant.encodes or attribute is None:
        return "walk", rendered("example_walk.py.j2", encodes=variant.encodes, **common)
    return "edit", rendered("example_edit.py.j2", attribute=attribute, readable=readable(attribute), strength=STRENGTH,
                            index=trained.space.attributes.index(attribute), svm=trained.svm_set is not None, **common)


def what_is_left_out(trained: TrainedVariant) -> list[str]:
    """Return sentences on what an export of another variant would have."""
    variant, space = trained.variant, trained.space
    if not variant.encodes:
        return [f"{variant.label} has no encoder, so the folder has the decoder alone, and neither attribute vectors "
                "nor SVMs"]
    if not space.attributes:
        return ["the data set has no attributes, so the folder has neither attribute vectors nor SVMs"]
    if trained.svm_set is None:
        return ["evaluate.view_sets has no set with the view aligned alone, so the folder has no SVMs"]
    return []
