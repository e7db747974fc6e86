"""Where the pipeline's files lie, relative to the project's folder. dvc.yaml has the same paths; a test compares them.

A stage writes nothing outside its own outputs but unfinished work, which lies below UNFINISHED.
"""

from pathlib import Path

PARAMS, DVC_LOCK = Path("params.yaml"), Path("dvc.lock")
PLAN, SECTIONS, CODE = Path("plan"), Path("plan/pipeline"), Path("code")
DATASET, SHARDS = Path("data/dataset"), Path("data/shards")
CHECKED_DATASET = Path("data/dataset/checked.json")  # there where the images are the user's, as are the next two
BROKEN_IMAGES = Path("data/dataset/broken.csv")
FOUND_LANDMARKS = Path("data/dataset/landmarks.parquet")  # there where faces are detected
TEACHING = Path("teaching")  # the taught loss network, or a note that none is taught
TAUGHT, NOT_TAUGHT = Path("teaching/vgg19.safetensors"), Path("teaching/none.json")
TEACHING_EPOCHS, TEACH_METRICS = Path("teaching/epochs.csv"), Path("metrics/teach.json")
LOSS_NETWORK = Path("models/loss_network.safetensors")
LOSS_NETWORKS = Path("models/loss_networks")  # for each variant as much of it as its loss reads
MODELS, TRAINING, LATENTS, ATTRIBUTES = Path("models"), Path("training"), Path("latents"), Path("attributes")
PICTURES = Path("pictures")  # of what a model made while it was trained
SAMPLES, EVALUATION, FEATURES = Path("samples"), Path("evaluation"), Path("features")
VIEW_GAINS, BASELINES = Path("view_gains"), Path("baselines")
GAINS_TABLE = Path("view_gains/gains.csv")
BASELINE_NOTES = Path("baselines/notes.json")  # the label of each baseline, and a sentence on it
FIGURES, CURVES, FIGURE_NOTES, REPORT = Path("figures"), Path("curves.csv"), Path("figure_notes.json"), Path("report")
EXPLORER = Path("explorer")  # the page in which trained decoders run
PHOTOGRAPHS = Path("photographs")  # those that samples are compared with
PHOTOGRAPH_FEATURES, FLOOR = Path("photographs/features.npz"), Path("photographs/floor.json")
METRICS, VIEW_GAINS_METRICS = Path("metrics"), Path("metrics/view_gains.json")
BASELINES_METRICS = Path("metrics/baselines.json")
RECORDS = Path("records")
COMPARISON = Path("comparison/index.html")  # no output of a stage: `make compare` writes it
UNFINISHED = Path(".checkpoints")  # also the default of cluster.storage


def variant_plan(variant: str) -> Path:
    """The whole configuration of a variant."""
    return PLAN / f"{variant}.json"


def section_plan(section: str) -> Path:
    """A section of the plan, such as data or report."""
    return SECTIONS / f"{section}.json"


def of_stage(folder: Path, stage: str, variant: str | None = None) -> Path:
    """`folder`/<stage>.json, or `folder`/<stage>/<variant>.json for a stage that runs for each variant."""
    return folder / (f"{stage}/{variant}.json" if variant else f"{stage}.json")


def stage_of(folder: Path, path: Path) -> str:
    """The stage of such a file, as DVC names it: report, or train@dfc."""
    return "@".join(path.relative_to(folder).with_suffix("").parts)


def metrics(stage: str, variant: str) -> Path:
    """The numbers of a variant that `dvc metrics show` prints. stage: train, samples or evaluate."""
    return of_stage(METRICS, stage, variant)


def weights(variant: str) -> Path:
    """The trained weights of a variant, with its configuration as metadata."""
    return MODELS / variant / "model.safetensors"


def variant_loss_network(variant: str) -> Path:
    """The part of the loss network that the loss of a variant reads."""
    return LOSS_NETWORKS / variant / LOSS_NETWORK.name


def no_loss_network(variant: str) -> Path:
    """The note that takes its place where the loss of a variant reads none."""
    return LOSS_NETWORKS / variant / "none.json"


def steps(variant: str) -> Path:
    """The loss terms of a training, step by step."""
    return TRAINING / variant / "steps.csv"


def pictures(variant: str) -> Path:
    """The pictures that a training took, in it as <kind>/<step>.png."""
    return PICTURES / variant


def epochs(variant: str) -> Path:
    """The loss terms of a training, epoch by epoch."""
    return TRAINING / variant / "epochs.csv"


def warnings(variant: str) -> Path:
    """What is wrong with a training, as a list of sentences."""
    return TRAINING / variant / "warnings.json"


def latents(variant: str, view: str = "aligned", folder: Path = LATENTS) -> Path:
    """The latents of all images of a view. folder: LATENTS, or FEATURES for the copy that view_gains reads."""
    return folder / variant / f"{view}.parquet"


def attribute_vectors(variant: str) -> Path:
    """The attribute vectors of a variant."""
    return ATTRIBUTES / variant / "vectors.parquet"


def variant_notes(folder: Path, variant: str) -> Path:
    """What could not be done as asked, as a list of sentences. folder: ATTRIBUTES or SAMPLES."""
    return folder / variant / "notes.json"


def attribute_correlation(variant: str) -> Path:
    """Return the path of the correlation matrix of a variant's attribute vectors."""
    return ATTRIBUTES / variant / "correlation.csv"


def label_correlation(variant: str) -> Path:
    """The correlation matrix of the labels themselves, of the same attributes."""
    return ATTRIBUTES / variant / "correlation_labels.csv"


def mixture(variant: str) -> Path:
    """The Gaussian mixture that is fitted to the latents of a variant."""
    return SAMPLES / variant / "mixture.npz"


def baseline_table(name: str) -> Path:
    """The scores of a baseline, by the name of its file in pipeline/evaluation/baselines, or vgg_fc."""
    return BASELINES / f"{name}.csv"


def protocol(variant: str) -> Path:
    """How the samples of a variant are scored: what must be equal for two distances to be compared."""
    return SAMPLES / variant / "protocol.json"


def preservation_table(variant: str) -> Path:
    """How well a variant's reconstructions keep each attribute."""
    return EVALUATION / variant / "preservation.csv"


def posterior_table(variant: str) -> Path:
    """How far a variant's posteriors are from the prior, by latent dimension."""
    return EVALUATION / variant / "posterior.csv"


def svm_table(folder: Path, view_set: str) -> Path:
    """The scores of the SVMs on a set of views. folder: EVALUATION / variant, or VIEW_GAINS."""
    return folder / f"svm_{view_set}.csv"


def svm_weights(folder: Path, view_set: str) -> Path:
    """The SVMs on a set of views themselves, for `evaluation.svm_file`. folder: EVALUATION / variant."""
    return folder / f"svm_{view_set}.npz"


def flips(variant: str) -> Path:
    """How far along each attribute vector of a variant the SVM's answer flips."""
    return EVALUATION / variant / "flips.csv"


def entanglement(variant: str) -> Path:
    """Which other answers flip with that of each attribute."""
    return EVALUATION / variant / "entanglement.csv"
