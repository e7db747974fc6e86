"""The names that figures and tables give to variants."""

from typing import Any

from pipeline.config.variant import Variant

IN_THE_NAME = {("loss", "layers"), ("loss", "reconstruction"), ("loss", "extra")}


def label(variant: Variant, own: dict[str, Any]) -> str:
    """Return the papers' name of a configuration, and what else the variant's own block changes.

    The names are PVAE, VAE-123, VAE-345, DCGAN and VAE-WGAN. A block that chooses its adversary is the recipe of
    another model, so its other settings are not named.

    Args:
        variant: The whole configuration.
        own: The variant's own block in params.yaml.
    """
    if any("kind" in (values or {}) for section, values in own.items() if section == "adversary"):
        return model_name(variant)
    changes = [f"{key}={value}" for section, values in own.items() for key, value in (values or {}).items()
               if (section, key) not in IN_THE_NAME]
    changes += [f"{term}={options.get('weight')}" for term, options in (own.get("loss") or {}).get("extra", {}).items()]
    return " ".join([model_name(variant), *changes])


def model_name(variant: Variant) -> str:
    """Return the name of a variant's loss, adversary and architecture, such as VAE-123 or DCGAN."""
    loss, kind = variant.loss, variant.adversary.kind
    adversary = {"none": "", "gan": "-GAN", "wasserstein": "-WGAN"}.get(kind, f"-{kind}")
    if loss.reconstruction == "none":
        name = "GAN" if variant.model.architecture == "vae" else variant.model.architecture.upper()
        return name.replace("GAN", adversary[1:])
    if loss.reconstruction == "pixel":
        return "PVAE" + adversary
    plain = all(layer.endswith("_1") for layer in loss.layers)
    layers = "".join(layer[4] for layer in loss.layers) if plain else "+".join(layer[4:] for layer in loss.layers)
    return "VAE-WGAN" if (adversary, layers) == ("-WGAN", "123") else f"VAE{adversary}-{layers}"


def labels(variants: list[Variant]) -> dict[str, str]:
    """Return variant → label; two equal labels get the names too, so that tables can tell them apart."""
    all_labels = [variant.label for variant in variants]
    return {variant.name: variant.label if all_labels.count(variant.label) == 1 else f"{variant.label} ({variant.name})"
            for variant in variants}
