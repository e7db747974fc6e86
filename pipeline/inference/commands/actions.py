"""What each subcommand does: edit, reconstruct, interpolate, sample, predict, variants."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import InputError
from pipeline.inference.commands.output import check_size, write_sheet
from pipeline.inference.loading import REMEDY, configuration_of, load, nearest_project, trained_variants

if TYPE_CHECKING:
    from PIL import Image

    from pipeline.inference.trained import TrainedVariant


def edit(given: argparse.Namespace) -> None:
    """Move faces along attribute vectors; a row of the picture is a face, and each strength a column."""
    if not given.strengths:
        raise InputError("edit needs an attribute and its strength, as in --Smiling 2")
    faces = chosen(given)
    strengths = {name: numbers if len(numbers) > 1 else numbers[0] for name, numbers in given.strengths.items()}
    steps = max(map(len, given.strengths.values()))
    check_size(given, faces, len(given.pictures) * steps, steps)
    framed = framed_pictures(given, faces)
    moved = faces.edit(framed, strengths)
    walk = any(len(numbers) > 1 for numbers in given.strengths.values())
    rows = moved if walk else [[picture] for picture in moved]
    how = ", ".join(f"{name} {' '.join(f'{number:+g}' if number else '0' for number in numbers)}"
                    for name, numbers in given.strengths.items())
    write_sheet(given, faces, [picture for row in rows for picture in row], len(rows[0]), how)


def reconstruct(given: argparse.Namespace) -> None:
    """Write faces as the encoder sees them, and below them what the variant keeps of them."""
    faces = chosen(given)
    check_size(given, faces, 2 * len(given.pictures), len(given.pictures))
    framed = framed_pictures(given, faces)
    write_sheet(given, faces, [*framed, *faces.reconstruct(framed)], len(framed),
                "above as the encoder sees them, below reconstructed")


def interpolate(given: argparse.Namespace) -> None:
    """Write a row of faces between two."""
    faces = chosen(given)
    check_size(given, faces, given.steps, given.steps)
    first, second = framed_pictures(given, faces)
    write_sheet(given, faces, faces.interpolate(first, second, given.steps), given.steps,
                "the first and last are reconstructions")


def sample(given: argparse.Namespace) -> None:
    """Write new faces."""
    faces = chosen(given, encoder=False)
    check_size(given, faces, given.number, given.columns)
    write_sheet(given, faces, faces.sample(given.number, given.seed, given.source), given.columns,
                f"z from the {given.source}, seed {given.seed}")


def predict(given: argparse.Namespace) -> None:
    """Print the decision values of the SVMs, the highest for the first face on top."""
    faces = chosen(given)
    scores = faces.predict(framed_pictures(given, faces))
    width = max(map(len, scores[0]), default=0)
    head = " ".join([" " * width, *(f"{Path(path).name[-14:]:>14}" for path in given.pictures)])
    rows = [" ".join([f"{name:{width}}", *(f"{of_face[name]:+14.2f}" for of_face in scores)])
            for name in sorted(scores[0], key=scores[0].__getitem__, reverse=True)]
    print("\n".join([f"decision values of {faces.name}'s SVMs; above 0 is yes", head, *rows]))  # at once: `| head` ends


def variants(given: argparse.Namespace) -> None:
    """Print what is trained, and what each variant can do."""
    from pipeline.inference.project_outputs import ProjectOutputs, finite_vectors

    project = given.project or nearest_project()
    trained = trained_variants(project)
    if not trained:
        raise InputError(f"{Path(project) / 'models'} has no trained variant; {REMEDY}")
    for name, path in trained.items():
        try:
            variant = configuration_of(path)
        except InputError as error:
            print(f"{name:12} cannot be used: {error}")
            continue
        outputs = ProjectOutputs(name, variant.model.latent_dim, Path(project))
        has = outputs.has() if variant.encodes else {}
        can = [*(["reconstruct", "interpolate"] if variant.encodes else []),
               *([f"edit {len(finite_vectors(outputs.attribute_vectors()))} attributes"] if has.get("edits") else []),
               *(["predict"] if has.get("predicts") else []),
               f"sample from the prior{' or the mixture' if has.get('mixture') else ''}"]
        print(f"{name:12} {variant.image_size}×{variant.image_size} pixels, {variant.model.latent_dim} latent "
              f"dimensions: {', '.join(can)}")


def chosen(given: argparse.Namespace, encoder: bool = True) -> "TrainedVariant":
    """Load the variant that the command line names, or else the first with an encoder, or else the first.

    Raises:
        InputError: there is none, or it needs an encoder and has none.
    """
    if encoder:
        check_pictures(given)
    name = given.variant
    if name is None:
        trained = trained_variants(given.project)
        encoding = (name for name, path in trained.items() if configuration_of(path).encodes)
        name = next(encoding, next(iter(trained), ""))
    faces = load(name, given.project)
    if encoder and not faces.has_encoder:
        raise InputError(f"{faces.name} has no encoder, so it cannot {given.command}; `python -m pipeline sample "
                         f"--variant {given.variant or faces.name}` works with it")
    return faces


def check_pictures(given: argparse.Namespace) -> None:
    """Read the pictures of the command line, before torch is loaded; raise InputError where one is none."""
    from pipeline.inference.photographs import to_image

    for path in given.pictures:
        to_image(path, path)


def framed_pictures(given: argparse.Namespace, faces: "TrainedVariant") -> "list[Image.Image]":
    """Return the pictures of the command line as the encoder sees them."""
    return faces.frame(list(given.pictures), given.align)
