"""A project with a trained variant, one without an encoder, and what the stages learn in latent space; all tiny."""

import io
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from PIL import Image

from pipeline import paths
from pipeline.data.attributes import all_known
from pipeline.data.views import aligned
from pipeline.drawn_faces.dataset import draw_numbered_face
from pipeline.evaluation.feature_table import Table
from pipeline.evaluation.linear_svm import fit_where_known
from pipeline.evaluation.svm_file import write_svms
from pipeline.latent_space import attribute_vectors, sampling
from pipeline.latent_space.encoding import encode
from pipeline.losses.build import build_objective
from pipeline.models.build import build_model
from pipeline.models.weights_file import for_evaluation, write_weights
from pipeline.training.loop import train
from pipeline.vocabulary import ATTRIBUTES
from tests import tiny

FACES = 64


class Project(NamedTuple):
    """The project's folder, and a drawn face."""

    folder: Path
    face: Path           # JPEG, 178×218
    landmarks: np.ndarray  # int 5×2, of that face


@pytest.fixture(scope="session")
def project(tmp_path_factory) -> Project:
    """Return a project with the outputs of dfc and dcgan. Tests must not change it."""
    folder = tmp_path_factory.mktemp("inference") / "project"
    drawn = [draw_numbered_face(0, number) for number in range(FACES)]
    pixels = np.stack([aligned.crop(Image.fromarray(face), tiny.SIZE) for _, face, _ in drawn])
    variant = tiny.variant("dfc", epochs=4)
    objective = build_objective(variant, tiny.write_loss_network(folder / paths.LOSS_NETWORK))
    train(variant, objective, pixels, pixels[:8], str(folder / "checkpoints"), progress=False)
    write_weights(folder / paths.weights("dfc"), objective.model.state_dict(), variant)
    write_weights(folder / paths.weights("dcgan"), build_model(tiny.variant("dcgan")).state_dict(),
                  tiny.variant("dcgan"))

    labels = all_known(ATTRIBUTES, np.stack([attributes for attributes, _, _ in drawn]))
    mu, logvar = encode(for_evaluation(objective.model, "cpu"), pixels)
    attribute_vectors.write_attribute_vectors(folder / paths.attribute_vectors("dfc"),
                                              attribute_vectors.compute_attribute_vectors(mu, labels))
    write_svms(paths.svm_weights(folder / paths.EVALUATION / "dfc", "aligned"), ATTRIBUTES,
               fit_where_known(Table.whole(mu), labels, [0.1])[0].svms)
    sampling.write_mixture(folder / paths.mixture("dfc"), sampling.fit_mixture(mu, logvar, components=2))
    (folder / "dvc.yaml").write_text("stages: {}\n")

    file = io.BytesIO()
    Image.fromarray(drawn[3][1]).save(file, "JPEG", quality=95)
    (folder / "face.jpg").write_bytes(file.getvalue())
    Image.fromarray(drawn[5][1]).save(folder / "other.png")
    return Project(folder, folder / "face.jpg", drawn[3][2])


@pytest.fixture(autouse=True)
def one_thread():
    """Tensors are so small that a second thread only costs time."""
    torch.set_num_threads(1)
