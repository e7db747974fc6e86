"""The code of a model in MLflow. MLflow copies this file into the model, and runs it where the model is served.

So it imports nothing of this project, and what it needs stands in the model's requirements.
"""

import importlib
from typing import Any

from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel


class FaceModel(PythonModel):
    """Answers with a face's reconstruction, latents and attribute scores; without an encoder, with images of latents.

    The graph's outputs are returned under their names. Where it scores attributes, `attribute_names` are their names.
    """

    def load_context(self, context: Any) -> None:
        """Load the graph, once for a server."""
        self.torch = importlib.import_module("torch")  # by its name: what tracks imports nothing that computes
        self.graph = self.torch.export.load(context.artifacts["graph"]).module()
        self.attributes = list((context.model_config or {}).get("attributes", []))

    # MLflow would take a type of model_input for the model's signature.
    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]
        """Return arrays by name, for images float32 N×3×S×S in -1 … 1, or for latents float32 N×D."""
        with self.torch.inference_mode():
            answer = self.graph(self.torch.as_tensor(model_input, dtype=self.torch.float32))
        names = {"attribute_names": self.attributes} if self.attributes else {}
        return {name: tensor.numpy() for name, tensor in answer.items()} | names


set_model(FaceModel())
