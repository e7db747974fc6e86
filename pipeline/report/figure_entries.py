"""Which figures stand on the page, under which titles, with which captions, and from which files they are drawn."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pipeline import paths
from pipeline.report import captions
from pipeline.report.contents import Caption, FigureEntry
from pipeline.report.result_files import OF_A_VARIANT
from pipeline.vocabulary import ATTRIBUTES


class FigureOfAVariant(NamedTuple):
    """A figure that a variant may have."""

    file: str  # within figures/<variant>
    title: str
    paper: str  # the figure of the papers that it repeats
    caption: Caption
    alt: str


FIGURES_OF_A_VARIANT = (
    FigureOfAVariant("interpolation.png", "Interpolation", "Figure 5 of the first paper", captions.INTERPOLATION,
                     "Rows of faces that change step by step from one face into another"),
    FigureOfAVariant("attribute_arithmetic.png", "Attribute arithmetic", "Figure 6 of the first paper",
                     captions.ARITHMETIC, "Rows of faces to which an attribute is added, or from which it is taken"),
    FigureOfAVariant("manipulation.png", "Attribute manipulation", "Figure 5 of the second paper",
                     captions.MANIPULATION, "Rows of faces to which an attribute is added step by step"),
    FigureOfAVariant("correlation.png", "Correlation of attribute vectors", "Figure 7 of the first paper",
                     captions.CORRELATION, "Two matrices of circles: correlations of attribute vectors, and of labels"),
    FigureOfAVariant("entanglement.png", "Entanglement of attribute vectors", "", captions.ENTANGLEMENT,
                     "A matrix of shades: which other answers change with that to each attribute"),
    FigureOfAVariant("posterior.png", "Posterior by latent dimension", "", captions.POSTERIOR,
                     "Three panels of dots over the latent dimensions: KL, deviation and KS distance"),
)


def figure_entries(labels: Mapping[str, str], mosaic_variant: str, mixture: bool, posterior_images: str,
                   folder: Path = paths.FIGURES, attributes: Sequence[str] = ATTRIBUTES,
                   encoders: Sequence[str] = ()) -> list[FigureEntry]:
    """Return the papers' figures: 3 and 4 with all variants, 5 to 7 of each variant that has them, and 8.

    The entanglement of attribute vectors, which no paper has, stands behind Figure 7.

    Args:
        labels: name of a variant → its label, in the order in which they are to come.
        mosaic_variant: the variant by whose latent vectors Figure 8 is laid out.
        mixture: whether any variant has samples from a mixture of Gaussians.
        posterior_images: by which the posteriors are judged, in words.
        folder: where the figures lie.
        attributes: the names of the data set's attributes.
        encoders: the names of the variants with an encoder.
    """
    entries = [
        FigureEntry(folder / "samples.png", "Samples", "Figure 3 of the first paper", captions.samples(mixture),
                    alt="Faces decoded from random numbers by each model", files=[*map(paths.weights, labels)]),
        FigureEntry(folder / "reconstructions.png", "Reconstructions", "Figure 4 of the first paper",
                    captions.RECONSTRUCTIONS, alt="Test faces, and below them each model's reconstructions",
                    files=[*map(paths.weights, encoders), *(paths.metrics("evaluate", name) for name in encoders)]),
    ]
    for figure in FIGURES_OF_A_VARIANT:
        caption = captions.manipulation(attributes) if figure.file == "manipulation.png" else figure.caption
        measured = caption.measured.replace("{posterior_images}", posterior_images)
        entries += [FigureEntry(folder / name / figure.file, figure.title, figure.paper,
                                caption._replace(measured=measured), label, figure.alt,
                                OF_A_VARIANT[figure.file](name))
                    for name, label in labels.items() if (folder / name / figure.file).is_file()]
    entries.append(FigureEntry(folder / "mosaic.jpg", "Faces by latent vector", "Figure 8 of the first paper",
                               captions.mosaic(labels[mosaic_variant]),
                               alt="A square of faces, similar ones side by side",
                               files=[paths.latents(mosaic_variant)]))
    return entries


def curve_entries(labels: Mapping[str, str], folder: Path = paths.FIGURES) -> list[FigureEntry]:
    """Return the curves of each variant's training."""
    return [FigureEntry(folder / name / "curves.png", "Curves", caption=captions.CURVES, label=label,
                        alt="Loss terms and other metrics by epoch", files=OF_A_VARIANT["curves.png"](name))
            for name, label in labels.items()]


def table1_entry(attributes: Sequence[str] = ATTRIBUTES, folder: Path = paths.FIGURES) -> FigureEntry:
    """Return Table 1 as a picture. attributes: the names of the data set's attributes."""
    return FigureEntry(folder / "svm.png", "Attribute prediction", "", captions.table1(attributes),
                       alt="Accuracy of each model by attribute, beside the majority class",
                       files=[paths.REPORT / "table1.csv"])


def gains_entry(folder: Path = paths.FIGURES) -> FigureEntry:
    """Return the gains of views as a picture."""
    return FigureEntry(folder / "gains.png", "What each view adds", "", captions.GAINS,
                       alt="Accuracy and balanced accuracy, step by step", files=[paths.GAINS_TABLE])
