"""Under which licence a trained model may be passed on, by the data that it learned from."""

from typing import NamedTuple

from pipeline.data.sources import celeba, synthetic

CELEBA_PAGE = "https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html"


class Licence(NamedTuple):
    """What the model card says of a licence."""

    front_matter: dict[str, str]  # as model hubs read it
    data: str  # what the training images are, and whose
    weights: str  # what follows for the weights


DRAWN = Licence(
    {"license": "apache-2.0"},
    "The training images are faces that the project's own code draws. They show no person, and no rights of others are "
    "in them.",
    "The weights are under Apache 2.0.")
CELEBA = Licence(
    {"license": "other", "license_name": "celeba-non-commercial-research", "license_link": CELEBA_PAGE},
    "The training images are CelebA's: photographs of celebrities from the internet, which belong to neither the "
    f"makers of CelebA nor of this model. [CelebA]({CELEBA_PAGE}) is for non-commercial research only, and its images "
    "may not be copied, published or sold.",
    "Use these weights for non-commercial research only. Whoever passes them on passes this condition on.")
UNKNOWN = Licence(
    {"license": "unknown"},
    "The training images are the trainer's own collection of photographs, which is not part of this folder.",
    "**Whoever publishes these weights has to write here under which licence, and whether the people in the "
    "photographs have agreed.** Until then, do not pass them on.")
BY_SOURCE = {synthetic.IN_WORDS: DRAWN, celeba.IN_WORDS: CELEBA}  # other sources: UNKNOWN


def licence_of(source: str, begun_with: str | None = None) -> Licence:
    """Return the licence by the data.

    Args:
        source: of the training images, as a manifest of shards names it.
        begun_with: what the weights say of themselves with which the training began (train.start_from); "" if they say
            nothing, None for new weights.
    """
    licence = BY_SOURCE.get(source, UNKNOWN)
    if begun_with is None:
        return licence
    stands = UNKNOWN if licence is DRAWN else licence  # drawn faces alone free weights of all conditions
    first = (f"Training began with other weights ({begun_with or 'whose data are not known'}), so the conditions of "
             "their data hold for these weights too.")
    return Licence(stands.front_matter, f"{licence.data} {first}", f"{stands.weights} {first}")
