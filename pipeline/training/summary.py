"""The few numbers that stand for a training run, and what is wrong with them."""

from pipeline.config import Variant
from pipeline.records import SPEED
from pipeline.training.loop import History


def summary(history: History) -> dict[str, float]:
    """The last epoch's terms, training and validation, and active units."""
    last = without_speed(history.epochs[-1])
    if "active_units" in last:
        last["active_units"] = int(last["active_units"])
    return last


def without_speed(epoch: dict[str, float]) -> dict[str, float]:
    """A row of epochs without what is another in each run."""
    return {name: value for name, value in epoch.items() if name not in SPEED}


def speed_of(epoch: dict[str, float]) -> dict[str, float]:
    """What `without_speed` leaves out."""
    return {name: epoch[name] for name in SPEED}


def speed(history: History) -> dict[str, float]:
    """Seconds of all epochs, validation left out, and the images per second that they make."""
    seconds = sum(epoch["seconds"] for epoch in history.epochs)
    images = sum(epoch["seconds"] * epoch["images_per_second"] for epoch in history.epochs)
    return {"seconds": seconds, "images_per_second": images / seconds}


def warnings(metrics: dict[str, float], variant: Variant) -> list[str]:
    """One sentence for each thing a user should know before trusting the model."""
    size, active = variant.model.latent_dim, metrics.get("active_units")
    if active is not None and active <= size // 4:
        remedy = "lower loss.pixel_sigma" if variant.loss.reconstruction == "pixel" else "lower loss.kl_images"
        return [f"the posterior has collapsed, {active} of {size} units are active; train longer or {remedy}"]
    return []
