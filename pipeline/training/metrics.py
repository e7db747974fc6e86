"""The few numbers that stand for a training, and warnings about them."""

from pipeline.config.variant import Variant
from pipeline.training.history import History, Row
from pipeline.workspace.records import SPEED


def last_epoch_metrics(history: History) -> Row:
    """Return the last epoch's terms, training and validation, and its active units."""
    last = without_speed(history.epochs[-1])
    if "active_units" in last:
        last["active_units"] = int(last["active_units"])
    return last


def without_speed(epoch: Row) -> Row:
    """Return a row of epochs without its speed, which differs from run to run."""
    return {name: value for name, value in epoch.items() if name not in SPEED}


def speed_of_epoch(epoch: Row) -> Row:
    """Return the speed in a row of epochs: what `without_speed` leaves out."""
    return {name: epoch[name] for name in SPEED}


def speed_of_training(history: History) -> Row:
    """Return the seconds of all epochs, without validation, and the mean number of images per second."""
    seconds = sum(epoch["seconds"] for epoch in history.epochs)
    images = sum(epoch["seconds"] * epoch["images_per_second"] for epoch in history.epochs)
    return {"seconds": seconds, "images_per_second": images / seconds}


def warnings_about(metrics: Row, variant: Variant) -> list[str]:
    """Return one sentence for each thing that a user should know before trusting the model."""
    size, active = variant.model.latent_dim, metrics.get("active_units")
    if active is not None and active <= size // 4:
        remedy = "lower loss.pixel_sigma" if variant.loss.reconstruction == "pixel" else "lower loss.kl_scale"
        return [f"the posterior has collapsed, {active} of {size} units are active; train longer or {remedy}"]
    return []
