"""What is trained: the sections model and train of params.yaml, and a variant's whole configuration."""

from typing import Annotated, Any, Literal

from pydantic import Field

from pipeline.config.adversaries import Adversary
from pipeline.config.fields import Channels, NotNegative, Positive, PositiveFloat, Section
from pipeline.config.losses import Loss


class Model(Section):
    """The network that is trained."""

    architecture: str = Field(description=(
        "Network that is trained, a file of pipeline/models/architectures: vae, dcgan, or one of your own."))
    latent_dim: Positive = Field(description="Dimensions of the latent vector z. [1], section 4.1: 100.")
    channels: Channels = Field(description=(
        "Channels of the encoder's four convolutions, from the image on; the decoder mirrors them. [code]"))
    options: dict[str, Any] = Field(description="Further arguments of an architecture of your own.")


class Train(Section):
    """How a variant is trained."""

    batch_size: Annotated[int, Field(ge=2)] = Field(description=(
        "Images in a training step, over all workers. [1], section 4.1: 64."))
    epochs: Positive = Field(description="Passes over the training images. [1], section 4.1: 5.")
    learning_rate: PositiveFloat = Field(description=(
        "Adam's learning rate in the first epoch. [1], section 4.1: 0.0005."))
    lr_decay: Annotated[float, Field(gt=0, le=1)] = Field(description=(
        "Factor on all learning rates after every epoch. [1], section 4.1: 0.5."))
    adam_beta1: Annotated[float, Field(ge=0, lt=1)] = Field(description="Adam's decay of the first moment. [code]")
    precision: Literal["auto", "bf16", "tf32", "fp32"] = Field(description=(
        "Type in which training multiplies: bf16 by autocast, fp32, tf32 (fp32 whose factors a GPU rounds to 10 bits), "
        "or auto for bf16 where the hardware multiplies it and else fp32. What autocast leaves in fp32, a GPU "
        "multiplies in tf32. Scores and validation are in fp32 in any case."))
    deterministic: bool = Field(default=False, description=(
        "Whether a training on a GPU repeats bit by bit, on the same GPU and with the same versions. It costs no time "
        "where steps are recorded (cluster.cuda_graph, one worker); other steps take up to twice as long. On a CPU a "
        "training always repeats."))
    seed: NotNegative = Field(description=(
        "Seed of the initial weights, the order of images and the noise; another one repeats only the training, and "
        "the baselines, which begin with the same weights."))
    start_from: str = Field(description=(
        "Weights with which training starts, of the model alone: the model.safetensors of a trained variant, or a "
        "folder models of another run, which has <variant>/model.safetensors for each variant here; data/none for new "
        "weights. The block of a variant can not set it."))


class Variant(Section):
    """The whole configuration of one trained model.

    plan/<name>.json has it without the label, since no result of a variant depends on that; the report's plan has the
    labels.

    Attributes:
        encodes: Whether the variant has a trained encoder, and so latents of images.
        image_size: Width and height of images in pixels.
    """

    name: str
    label: str
    encodes: bool
    image_size: int
    model: Model
    loss: Loss
    adversary: Adversary
    train: Train

    def planned(self) -> str:
        """Return the text of plan/<name>.json: everything that the variant's results depend on."""
        return self.model_dump_json(indent=1, exclude={"label"}) + "\n"
