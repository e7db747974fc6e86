"""Which figures stand on the page, under which titles and with which captions."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline import paths
from pipeline.figures.choice import MOST_ATTRIBUTES
from pipeline.report.attribute_words import all_of_celeba
from pipeline.report.contents import FigureEntry
from pipeline.vocabulary import ATTRIBUTES

# Figures that a variant may have: file within figures/<variant>, title, figure of the papers, caption.
FIGURES_OF_A_VARIANT = (
    ("interpolation.png", "Interpolation", "Figure 5 of the first paper",
     "From the left face to the right one: z = (1 − α) z_left + α z_right."),
    ("attribute_arithmetic.png", "Attribute arithmetic", "Figure 6 of the first paper",
     "An attribute's vector added to a face or taken from it: z ± α z_attribute."),
    ("manipulation.png", "Attribute manipulation", "Figure 5 of the second paper",
     "Six attributes added to a face, z + α z_attribute."),
    ("correlation.png", "Correlation of attribute vectors", "Figure 7 of the first paper",
     "Pearson's correlation of the vectors, over their components: 1 where two have the same direction, −1 where the "
     "opposite one. Beside it that of the labels over training and validation images, the φ coefficient, which is "
     "Pearson's correlation of labels that are −1 or 1: above 0 where more images have both than would if the two had "
     "nothing to do with each other. A cross: an attribute that all or none of the images have."),
    ("entanglement.png", "Entanglement of attribute vectors", "",
     "Each test face is moved along the vector of a row's attribute, z + αv or z − αv, to the α at which the SVM's "
     "answer to that attribute flips. A cell is the share of faces whose answer to the attribute of its column is "
     "another there. This is computed from latent vectors alone; nothing is decoded. A dot: the attribute itself, "
     "which flips by definition. A cross: not measured, because there is no vector, or because the SVM has one answer "
     "to all test faces."),
    ("posterior.png", "Posterior by latent dimension", "",
     "What each dimension carries, and how far its z over all {posterior_images} are from the prior."),
)
# The captions of figures whose rows depend on the data set's attributes, where these are not CelebA's 40.
CAPTIONS_OF_OTHER_ATTRIBUTES = {
    "manipulation.png": "Attributes of the data set added to a face, z + α z_attribute.",
}


def figure_entries(labels: Mapping[str, str], mosaic_label: str, mixture: bool, posterior_images: str,
                   folder: Path = paths.FIGURES, attributes: Sequence[str] = ATTRIBUTES) -> list[FigureEntry]:
    """Return the papers' figures: 3 and 4 with all variants, 5 to 7 of each variant that has them, and 8.

    The entanglement of attribute vectors, which no paper has, stands behind Figure 7.

    Args:
        labels: name of a variant → its label, in the order in which they are to come.
        mosaic_label: the variant by whose latent vectors Figure 8 is laid out.
        mixture: whether any variant has samples from a mixture of Gaussians.
        posterior_images: by which the posteriors are judged, in words.
        folder: where the figures lie.
        attributes: the names of the data set's attributes.
    """
    entries = [
        FigureEntry(folder / "samples.png", "Samples", "Figure 3 of the first paper",
                    "Decoded from the same z ~ N(0, I)" + (
                        "; “mixture”: z from a mixture of Gaussians fitted to the latent vectors of training images "
                        "(Ghosh et al. 2020)." if mixture else "."), alt="Faces decoded from random z by each model"),
        FigureEntry(folder / "reconstructions.png", "Reconstructions", "Figure 4 of the first paper",
                    "Test faces in the first row, below them their reconstructions from the posterior mean.",
                    alt="Test faces, and below them each model's reconstructions"),
    ]
    for file, title, paper, caption in FIGURES_OF_A_VARIANT:
        if not all_of_celeba(attributes):
            caption = CAPTIONS_OF_OTHER_ATTRIBUTES.get(file, caption)
        entries += [FigureEntry(folder / name / file, title, paper,
                                caption.replace("{posterior_images}", posterior_images), label)
                    for name, label in labels.items() if (folder / name / file).is_file()]
    entries.append(FigureEntry(folder / "mosaic.jpg", "Faces by latent vector", "Figure 8 of the first paper",
                               f"Faces, laid out so that those with similar latent vectors of {mosaic_label} are "
                               "neighbours (t-SNE).", alt="A square of faces, similar ones side by side"))
    return entries


def curve_entries(labels: Mapping[str, str], folder: Path = paths.FIGURES) -> list[FigureEntry]:
    """Return the curves of each variant's training."""
    alt = "Loss terms and other metrics by epoch"
    return [FigureEntry(folder / name / "curves.png", "Curves", label=label, alt=alt)
            for name, label in labels.items()]


def table1_entry(attributes: Sequence[str] = ATTRIBUTES, folder: Path = paths.FIGURES) -> FigureEntry:
    """Return Table 1 as a picture. attributes: the names of the data set's attributes."""
    some = f" Of {len(attributes)} attributes, the {MOST_ATTRIBUTES} are shown that most test images have; averages " \
        "are over all." if len(attributes) > MOST_ATTRIBUTES else ""
    return FigureEntry(folder / "svm.png", "Attribute prediction", "",
                       f"Accuracy by attribute, the largest gain over the majority class at the top.{some}",
                       alt="Accuracy of each model by attribute, beside the majority class")


def gains_entry(folder: Path = paths.FIGURES) -> FigureEntry:
    """Return the gains of views as a picture."""
    return FigureEntry(folder / "gains.png", "What each view adds", "", "The same as a picture.",
                       alt="Accuracy and balanced accuracy, step by step")
