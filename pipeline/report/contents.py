"""What the page shows, as plain data: the results of each variant, the figures, and everything else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from pipeline.evaluation.chosen_set import chosen_on_validation
from pipeline.latent_space.attribute_vectors import AttributeVectors
from pipeline.vocabulary import ATTRIBUTES


@dataclass
class VariantResults:
    """The results of one trained variant.

    Attributes:
        label: as in figures, "VAE-123".
        name: as in params.yaml, "dfc".
        parameters: its resolved configuration; nested dicts are allowed.
        training: its last metrics by name, such as loss, kl, active_units and valid_loss.
        svm: set of views → `evaluation.svm.averages`; empty without an encoder.
        reconstruction: what `evaluation.reconstruction` measured; empty without an encoder.
        samples: "prior" and "mixture" → what `evaluation.sample_quality` measured; "floor" → the same of training
            photographs; "photographs" → blur and number of those that samples are compared with.
        protocol: how samples were scored, as the stage samples writes it; empty if unknown.
        vectors: its attribute vectors, for their numbers of images; None without an encoder.
        notes: sentences on what could not be done as asked.
        trained: the precision, the device and the number of workers of its training, and the weights from which it
            started if these were not new; empty if unknown.
        view_set: report.view_set, the set of views that stands beside published numbers.
        flips: `evaluation.flips.averages`; empty without an encoder.
        vector_correlation: `latent_space.attribute_correlation.agreement`; empty without an encoder.
        preservation: `evaluation.preservation.preservation_averages`; empty without an encoder.
        posterior: the numbers of `evaluation.posterior.posterior_health`; empty without an encoder.
        flips_by_attribute: `evaluation.flips.Flips.table`, indexed by attribute; None without an encoder.
        entanglement: `evaluation.flips.Flips.entanglement`, indexed by attribute; None without an encoder.
        preservation_by_attribute: `evaluation.preservation.attribute_preservation`, indexed by attribute; None without
            an encoder.
        attributes: the names of the data set's attributes.
    """

    label: str
    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, float] = field(default_factory=dict)
    svm: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    reconstruction: Mapping[str, float | int | None] = field(default_factory=dict)
    samples: Mapping[str, Mapping[str, float | int]] = field(default_factory=dict)
    protocol: Mapping[str, Any] = field(default_factory=dict)
    vectors: AttributeVectors | None = None
    notes: Sequence[str] = ()
    trained: Mapping[str, str | int] = field(default_factory=dict)
    view_set: str = ""
    flips: Mapping[str, float | int | None] = field(default_factory=dict)
    vector_correlation: Mapping[str, float | int | None] = field(default_factory=dict)
    preservation: Mapping[str, float | int | None] = field(default_factory=dict)
    posterior: Mapping[str, float | int] = field(default_factory=dict)
    flips_by_attribute: pd.DataFrame | None = None
    entanglement: pd.DataFrame | None = None
    preservation_by_attribute: pd.DataFrame | None = None
    attributes: Sequence[str] = ATTRIBUTES

    @property
    def encodes(self) -> bool:
        """Whether the variant has an encoder, and so latent vectors and what is made of them."""
        return self.vectors is not None

    @property
    def reported_svm(self) -> Mapping[str, float]:
        """The SVMs' scores on `view_set`; empty without any."""
        return self.svm.get(self.view_set, {})

    @property
    def chosen_view_set(self) -> str:
        """The set of views that is best on the validation images; "" without an encoder or without such images."""
        return chosen_on_validation({name: scores["valid_accuracy"] for name, scores in self.svm.items()})

    @property
    def chosen_svm(self) -> Mapping[str, float]:
        """The SVMs' scores on `chosen_view_set`; empty without any."""
        return self.svm.get(self.chosen_view_set, {})


class Caption(NamedTuple):
    """What a reader needs to understand a figure, in plain English and without HTML.

    Attributes:
        shows: what is shown.
        reading: how to read it: rows and columns, or axes with their units and the direction that is better.
        look_for: what is good, what is bad, or what is worth a look.
        measured: how it was made or measured, in a sentence.
    """

    shows: str
    reading: str = ""
    look_for: str = ""
    measured: str = ""


@dataclass
class FigureEntry:
    """A picture file on the page. Neighbours with the same title share one heading and one caption.

    Attributes:
        path: a PNG or JPEG file.
        title: the heading.
        paper: the figure that it repeats, "Figure 3 of the first paper"; "" for none.
        caption: the text beside it; None for none.
        label: the variant that it is about; "" where it shows all.
        alt: what the picture shows, for readers who do not see it.
        files: from which it is drawn: numbers, weights and latents, as paths of the project.
    """

    path: str | Path
    title: str
    paper: str = ""
    caption: Caption | None = None
    label: str = ""
    alt: str = ""
    files: Sequence[Path] = ()


@dataclass
class Report:
    """Everything on the page. An empty field leaves its section out.

    Attributes:
        title: the heading of the page.
        data: facts about the images by name: source, number of images of each split, hash.
        loss_network: facts about the loss network by name; its "source" is random, taught, imagenet or file, and
            "learned from" is there where it was taught.
        variants: in the order in which they are to appear.
        warnings: sentences, for example on a collapsed posterior.
        figures: the figures of the papers.
        curves: figures of the trainings, folded away.
        table1: the table of `report.table1.build_table1`.
        table1_figure: the same as a picture.
        table1_notes: sentences below it, beside those that the table itself asks for.
        gains: the table of `evaluation.view_gains.score_view_gains`.
        gains_figure: the same as a picture.
        frechet_layer: the layer of the loss network over which the Fréchet distance is taken, "relu4_1".
        per_class: how many images of each kind were asked for per attribute vector.
        made_by: (stage, machine) for each result: the stage as "train@dfc", the machine as its Python version, the
            digest of requirements.lock and its processor.
        attributes: the names of the data set's attributes. Without any, a sentence takes the place of each section that
            needs them.
        left_out: what the report leaves out, one sentence for each part.
        files: the files behind the tables of a section, by its anchor, as paths of the project.
    """

    title: str
    data: Mapping[str, object] = field(default_factory=dict)
    loss_network: Mapping[str, object] = field(default_factory=dict)
    variants: Sequence[VariantResults] = ()
    warnings: Sequence[str] = ()
    figures: Sequence[FigureEntry] = ()
    curves: Sequence[FigureEntry] = ()
    table1: pd.DataFrame | None = None
    table1_figure: FigureEntry | None = None
    table1_notes: Sequence[str] = ()
    gains: pd.DataFrame | None = None
    gains_figure: FigureEntry | None = None
    frechet_layer: str = ""
    per_class: int = 1000
    made_by: Sequence[tuple[str, Mapping[str, str]]] = ()
    attributes: Sequence[str] = ATTRIBUTES
    left_out: Sequence[str] = ()
    files: Mapping[str, Sequence[Path]] = field(default_factory=dict)
