"""Sections of params.yaml about data, evaluation and the report: all but what is trained and where it runs.

In descriptions, [1] is Hou et al. 2016, [code] its authors' code, and [2] Hou et al. 2019.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator

from pipeline.config.fields import (
    AttributeNames,
    Candidates,
    Layer,
    Layers,
    Methods,
    NotNegative,
    Positive,
    Section,
    Shares,
    Source,
    View,
    Views,
)


class Data(Section):
    """The images, and how they are split."""

    source: Source = Field(description=(
        "File of pipeline/data/sources: faces that this project draws itself (synthetic), or those in root: CelebA as "
        "it is distributed (celeba), a folder of photographs (folder), or Parquet files with images (parquet)."))
    root: str = Field(description=(
        "Folder of CelebA, of photographs or of Parquet files, or one Parquet file."))
    attributes: str = Field(description=(
        "Table of binary attributes, .csv or .parquet, one row per image; data/none for none, and for CelebA's own."))
    landmarks: str = Field(description=(
        "Table of five landmarks, .csv or .parquet, one row per image; data/none for none, and for CelebA's own."))
    align: Literal["auto", "none", "landmarks", "crop", "detect"] = Field(description=(
        "How a face comes to CelebA's frame of 178×218 pixels: it is there (none), by its landmarks, by a square crop, "
        "or by landmarks that a detector finds (detect). auto: none where the first image has 178×218 pixels, else "
        "landmarks where there are some, else crop."))
    detector: str = Field(description=(
        "Weights of the detector, which `make detector` downloads; data/none for none."))
    broken: Literal["stop", "skip"] = Field(description=(
        "What an image does that cannot be read or has no face: stop the run, or be skipped."))
    broken_limit: Annotated[float, Field(ge=0, lt=1)] = Field(description=(
        "Skip at most this share of the images, and stop where more are broken."))
    synthetic_images: Annotated[int, Field(ge=30)] = Field(description="Number of faces to draw.")
    test: Literal["official", "hash"] | Positive = Field(description=(
        "Test images: official for the data set's own partition (CelebA's, split_column, or files named by splits; "
        "hash where it has none), hash for shares by a hash of the image's id, or N for the last N images. [1], "
        "section 4.3.5: 20,000."))
    valid_images: Positive = Field(description=(
        "Validation images, held out before the last N; used only where test is a number."))
    shares: Shares = Field(description=(
        "Shares of train, valid and test, where a hash splits."))
    split_column: str | None = Field(description=(
        "Column that names the split of each image, in the table of attributes or in the Parquet files; null for "
        "none. Only test: official reads it, but it is no attribute in any case."))
    person_column: str | None = Field(description=(
        "Column that names the person in each image, there too: no person is in two splits; null for none."))
    limit: Positive | None = Field(description=(
        "At most so many images, evenly spread over the data set after it is split; null for all."))
    image_size: int = Field(json_schema_extra={"minimum": 32, "multipleOf": 16}, description=(
        "Width and height of images in pixels, a multiple of 16. [1], section 4.1: 64."))

    @field_validator("test", mode="before")
    @classmethod
    def check_test(cls, test: Any) -> Any:
        """Return the value, or raise ValueError unless it is official, hash or a number above 0."""
        if test not in ("official", "hash") and (type(test) is not int or test < 1):
            raise ValueError(f"must be official, hash or a number of images, not {test!r}")
        return test

    @field_validator("image_size")
    @classmethod
    def check_image_size(cls, size: int) -> int:
        """Return the size, or raise ValueError unless the encoder can halve it four times."""
        if size < 32 or size % 16:
            raise ValueError("must be a multiple of 16, at least 32, since the encoder halves it four times")
        return size


class Attributes(Section):
    """Attribute vectors: section 4.3.2 of [1]."""

    per_class: Positive = Field(description=(
        "Images with an attribute, and as many without it, by which its vector is computed. [1], section 4.3.2."))
    correlation: AttributeNames = Field(description=(
        "Attributes whose correlation is drawn. [1], Figure 7 has 13: those that the text of section 4.3.3 names, and "
        "four more. Where the data set has fewer than two of them, its own are drawn that most images have."))


class Evaluate(Section):
    """Attribute classification by SVMs and the quality of reconstructions."""

    view_sets: Annotated[dict[str, Views], Field(min_length=1)] = Field(
        json_schema_extra={"propertyNames": {"pattern": r"^[^\W\d]\w*$"}},
        description=("Features of the SVMs, one per attribute: latents of these views of a face, concatenated. [1], "
                     "section 4.3.5 has the face part by its landmarks; [2] has several views and does not fix them."))
    svm_c: Candidates = Field(description=(
        "Candidates for the SVM's C, chosen for each set of views on the validation split. [1] has 1.0 alone."))
    feature_layers: Layers = Field(description=(
        "Layers of VGG-19 in which the distance of reconstructions is measured, the same for every variant."))
    lpips: str = Field(description=(
        "File with the whole state dict of LPIPS with VGG-16, v0.1 (Zhang et al. 2018); data/none for no LPIPS."))
    decoded_faces: NotNegative = Field(description=(
        "Test faces, for each attribute, that are moved along its vector until the SVM's answer flips, decoded, and "
        "encoded again; 0 for none."))

    @field_validator("view_sets")
    @classmethod
    def check_names(cls, view_sets: dict[str, list[str]]) -> dict[str, list[str]]:
        """Return the sets, or raise ValueError unless their names can name files."""
        for name in view_sets:
            if not name.isidentifier():
                raise ValueError(f"{name!r} must be letters, digits and underscores: it names files")
        return view_sets


class Baselines(Section):
    """What stands beside the variants in Table 1, scored by the same SVMs with the candidates of evaluate.svm_c."""

    view: View = Field(description="The one view that all of them see. [1], section 4.3.5: the face by its landmarks.")
    methods: Methods = Field(description=(
        "Files of pipeline/evaluation/baselines: pca (of the pixels), untrained (the VAE before training), "
        "loss_network (activations of loss.layers), supervised (a network trained on the labels). VGG-FC is measured "
        "besides, where the weights of loss_network allow it."))
    supervised_epochs: Positive = Field(description=(
        "Passes of supervised over the training images; the best epoch by validation loss is taken."))


class ViewGains(Section):
    """What each further view, and each further variant, adds to the SVMs' accuracy."""

    variants: Annotated[list[str], Field(min_length=1)] = Field(
        json_schema_extra={"uniqueItems": True},
        description="Variants whose latents are concatenated; each view of the first is added one by one.")
    views: Views = Field(description="Views in the order in which they are added.")
    svm_c: Candidates = Field(description="Candidates for the SVM's C, chosen on the validation split.")

    @field_validator("variants")
    @classmethod
    def check_variants(cls, variants: list[str]) -> list[str]:
        """Return the names, or raise ValueError if one stands twice."""
        if len(set(variants)) < len(variants):
            raise ValueError("must name each variant once")
        return variants


def check_bootstrap(resamples: int) -> int:
    """Return the number of resamples, or raise ValueError if it is 1, which has no spread."""
    if resamples == 1:
        raise ValueError("must be 0 for no intervals, or at least 2")
    return resamples


class Sampling(Section):
    """Samples, and how close they come to photographs."""

    images: Annotated[int, Field(ge=2)] = Field(description=(
        "Samples that are compared with photographs: with as many, the first of their split, or with all of it where "
        "it has fewer. The floor compares as many training photographs, or all."
    ))
    reference: Literal["test", "valid"] = Field(description=(
        "Split of the photographs that samples are compared with. Choose parameters with valid, and report test."))
    bootstrap: Annotated[NotNegative, AfterValidator(check_bootstrap)] = Field(description=(
        "Resamples of the images for a 95 % interval of each distance; 0 for no intervals."))
    mixture_components: NotNegative = Field(description=(
        "Components of a Gaussian mixture fitted to the latents, beside samples from N(0, I), as in Ghosh et al. 2020; "
        "0 for no mixture."))
    mixture_images: Positive = Field(description="At most so many latents for the fit.")
    frechet_layer: Layer = Field(description=(
        "Layer of the loss network in whose features the Fréchet distance is measured."))
    inception: str = Field(description=(
        "File of Inception's weights for FID (weights-inception-2015-12-05-6726825d.pth); data/none for no FID."))


class Report(Section):
    """What the report's figures show."""

    view_set: str = Field(description=(
        "Set of evaluate.view_sets whose SVMs stand beside the published ones. [1], Table 1: one landmark view of 100 "
        "dimensions."))
    samples: Annotated[int, Field(ge=2, le=64)] = Field(description="Faces per decoder in Figure 3.")
    reconstructions: Annotated[int, Field(ge=2, le=16)] = Field(description="Test faces in Figure 4.")
    mosaic_images: Annotated[int, Field(ge=4)] = Field(description=(
        "Faces in Figure 8: test faces, or faces of all splits where there are fewer."))
    mosaic_variant: str = Field(description="Variant whose latents arrange the faces of Figure 8.")
