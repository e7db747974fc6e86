"""The section adversary of params.yaml. Which parameters a variant has depends on the kind of its adversary."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from pipeline.config.fields import Channels, Positive, PositiveFloat, Section

KIND = ("Second network, which scores the model's images: none; gan, DCGAN's discriminator; wasserstein, the critic of "
        "[2]; or a file of your own in pipeline/losses/adversaries.")


class NoAdversary(Section):
    """The model is trained alone."""

    kind: Literal["none"] = Field(description=KIND)


class AdversaryConfig(Section):
    """What all adversaries have."""

    kind: str = Field(description=KIND)
    weight: PositiveFloat = Field(description="Weight of the adversary's term in the model's loss, beside eq. 5.")
    updates_per_step: Positive = Field(description="Updates of the adversary before each update of the model.")
    channels: Channels = Field(description="Channels of the adversary's four convolutions, from the image on.")
    learning_rate: PositiveFloat = Field(description=(
        "Learning rate of the adversary; it decays by train.lr_decay, as the model's does."))


class GANConfig(AdversaryConfig):
    """The discriminator of Goodfellow et al. 2014, as in DCGAN."""

    kind: Literal["gan"] = Field(description=KIND)


class WassersteinConfig(AdversaryConfig):
    """The critic of Arjovsky et al. 2017, kept 1-Lipschitz by a gradient penalty or by clipping its weights."""

    kind: Literal["wasserstein"] = Field(description=KIND)
    lipschitz: Literal["penalty", "clip"] = Field(description=(
        "How wasserstein stays 1-Lipschitz: penalty of the gradient (Gulrajani et al. 2017), or clip of the weights "
        "(Arjovsky et al. 2017)."))
    penalty_weight: PositiveFloat = Field(description=(
        "Weight of the gradient penalty, if lipschitz is penalty. Gulrajani et al. 2017: 10."))
    clip: PositiveFloat = Field(description=(
        "Largest absolute value of a weight, if lipschitz is clip. Arjovsky et al. 2017: 0.01."))


class OwnAdversaryConfig(AdversaryConfig):
    """An adversary of the user's own, a file of pipeline/losses/adversaries; `pipeline.plan.checks` checks it."""

    options: dict[str, Any] = Field(description="Further arguments of an adversary of your own.")


ADVERSARY_KINDS: dict[str, type[Section]] = {"none": NoAdversary, "gan": GANConfig, "wasserstein": WassersteinConfig}


def adversary_kind(adversary: Any) -> str:
    """Return the tag of the class that holds an adversary's configuration: none, gan, wasserstein or own."""
    kind = adversary.get("kind") if isinstance(adversary, dict) else adversary.kind
    return kind if kind in ADVERSARY_KINDS else "own"


Adversary = Annotated[Annotated[NoAdversary, Tag("none")] | Annotated[GANConfig, Tag("gan")]
                      | Annotated[WassersteinConfig, Tag("wasserstein")] | Annotated[OwnAdversaryConfig, Tag("own")],
                      Discriminator(adversary_kind)]
