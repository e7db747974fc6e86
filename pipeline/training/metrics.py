"""The few numbers that stand for a training, and warnings about them."""

from pipeline.config.variant import Variant
from pipeline.training.history import History, Row
from pipeline.workspace.records import SPEED

# Nats per latent dimension on validation images, beyond which the posteriors are far from the prior. On 4,500 real
# faces, 100 dimensions, samples from N(0, I) were looked at: 0.45, nearly all are faces; 0.86, two of three; 1.2,
# half; 3.3, few.
LARGEST_KL = 1.0


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
    """Return one sentence for each thing that a user should know before trusting the model.

    Both are judged on validation images: a collapsed posterior, and posteriors far from the prior.
    """
    size, active = variant.model.latent_dim, metrics.get("active_units")
    pixel = variant.loss.reconstruction == "pixel"
    warnings = []
    if active is not None and active <= size // 4:
        remedy = "lower loss.pixel_sigma" if pixel else "lower loss.kl_scale"
        warnings.append(f"the posterior has collapsed, {active} of {size} units are active; train longer or {remedy}")
    kl = metrics.get("valid_kl")
    if kl is not None and kl > LARGEST_KL * size:
        remedy = "loss.pixel_sigma" if pixel else "loss.kl_scale"
        warnings.append(f"the posteriors are far from the prior, KL is {kl:.0f} nats in {size} dimensions: many "
                        f"samples from N(0, I) will not be faces; raise {remedy}, or sample from the mixture")
    return warnings
