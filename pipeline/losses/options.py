"""What the classes of further terms and adversaries take, beside what builders always give them. Knows no torch."""

from typing import Any

from pipeline.config.variant import Variant


def adversary_options(variant: Variant) -> dict[str, Any]:
    """Return what the class of an adversary takes beside image_size, channels and weight."""
    settings = variant.adversary.model_dump(exclude={"kind", "weight", "updates_per_step", "channels", "learning_rate"})
    options = settings.pop("options", {})
    return settings | options


def term_options(options: dict[str, Any]) -> dict[str, Any]:
    """Return what the class of a further term takes: its options in loss.extra but the weight."""
    return {name: value for name, value in options.items() if name != "weight"}
