"""The few numbers that stand for a training run, and what is wrong with them."""

from pipeline.config import Variant
from pipeline.training.loop import History


def summary(history: History) -> dict[str, float]:
    """The last epoch's terms, training and validation, active units, and the speed over all epochs."""
    last = {key: value for key, value in history.epochs[-1].items() if key not in ("seconds", "images_per_second")}
    seconds = sum(epoch["seconds"] for epoch in history.epochs)
    images = sum(epoch["seconds"] * epoch["images_per_second"] for epoch in history.epochs)
    if "active_units" in last:
        last["active_units"] = int(last["active_units"])
    return {**last, "images_per_second": images / seconds, "seconds": seconds}


def warnings(metrics: dict[str, float], variant: Variant) -> list[str]:
    """One sentence for each thing a user should know before trusting the model."""
    size, active = variant.model.latent_dim, metrics.get("active_units")
    if active is not None and active <= size // 4:
        remedy = "lower loss.pixel_sigma" if variant.loss.reconstruction == "pixel" else "lower loss.kl_images"
        return [(f"{variant.label}: the posterior has collapsed, {active} of {size} units are active; "
                 f"train longer or {remedy}")]
    return []
