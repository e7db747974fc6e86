"""Which numbers and faces of several experiments can be compared: those with equal data and an equal protocol."""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pipeline import paths
from pipeline.comparison.cache import Cache
from pipeline.comparison.experiment import Experiment
from pipeline.config.params import Params

ALIGNED = paths.SHARDS / "view=aligned"  # what is trained on, reconstructed and shown


class Comparable(NamedTuple):
    """What the experiments were made from.

    Attributes:
        experiments: All of them.
        cache: Where the protocols lie.
    """

    experiments: Sequence[Experiment]
    cache: Cache

    def params(self) -> list[Params]:
        """Return the parameters of each experiment."""
        return [experiment.params for experiment in self.experiments]

    def same_data(self) -> bool:
        """Return whether all have the same shards, in all views."""
        return len({one.output("prepare", paths.SHARDS) for one in self.experiments}) == 1

    def face_groups(self) -> dict[str, list[int]]:
        """Return MD5 of the aligned faces → the places of the experiments that were trained on them.

        The stage train depends on these faces, so each variant of an experiment has the same.
        """
        groups: dict[str, list[int]] = {}
        for place, experiment in enumerate(self.experiments):
            first = experiment.variants()[0]
            groups.setdefault(experiment.dependency(f"train@{first}", ALIGNED), []).append(place)
        return groups

    def numbers(self, stage: str, variant: str) -> tuple[Mapping[str, bool], list[str]]:
        """Return what of a stage's numbers can be compared, and a sentence for each thing that cannot.

        Returns:
            "difference": whether differences mean anything; "verdict": whether better and worse do; "features":
            whether they do for distances over the loss network's features. And the sentences.
        """
        allowed = {"difference": True, "verdict": True, "features": True}
        if not self.same_data():
            return dict.fromkeys(allowed, False), ["No differences: these experiments have other images, so their "
                                                   "numbers were measured on other test faces."]
        notes: list[str] = []
        if stage == "samples":
            note, is_of_training = self.protocol_note(variant)
            notes = [note] if note else []
            allowed["features" if is_of_training else "verdict"] = not note
        if stage == "evaluate" and not (self.same_features(variant) and self.same_loss(variant)):
            allowed["features"] = False
            notes = ["Neither better nor worse for feature_distance: it reads layers of the loss network, and favours "
                     "the model that was trained on these very layers."]
        if stage == "train" and not self.same_loss(variant):
            notes = ["These experiments minimise other losses, so a lower term does not mean a better model."]
        return allowed, notes

    def protocol_note(self, variant: str) -> tuple[str, bool]:
        """Return a sentence if samples were not scored in the same way, or if nobody knows; else "".

        Also returns whether only the layers differ on which the models were trained.
        """
        known, missing = [], []
        for experiment in self.experiments:
            md5 = experiment.output(f"samples@{variant}", paths.SAMPLES / variant)
            if not md5:
                continue
            text = self.cache.read(md5, paths.protocol(variant).name)
            if text is None:
                missing.append(experiment.name)
            else:
                known.append(json.loads(text))
        if missing:
            return (f"Neither better nor worse: how the samples of {', '.join(missing)} were scored "
                    f"({paths.protocol(variant)}) is not in DVC's cache."), False
        different = sorted({name for one in known for name in {*one, *known[0]} if one.get(name) != known[0].get(name)})
        if different == ["trained_on"]:
            return ("Neither better nor worse for distances, precision and recall over the loss network: these models "
                    "were trained on different layers of it, and the scores favour models that were trained on layers "
                    "near the one that they read."), True
        return ("Neither better nor worse: these samples were scored in different ways; the protocols differ in "
                f"{', '.join(different)}." if different else ""), False

    def same_features(self, variant: str) -> bool:
        """Return whether feature_distance is measured over the same layers of the same loss network."""
        stage = f"evaluate@{variant}"
        networks = {one.dependency(stage, paths.LOSS_NETWORK) for one in self.experiments if stage in one.stages}
        settings = {json.dumps([one.evaluate.feature_layers, {layer: one.loss.get("reference_rms", {}).get(layer)
                                                              for layer in one.evaluate.feature_layers}])
                    for one in self.params()}
        return len(networks) <= 1 and len(settings) == 1

    def same_loss(self, variant: str) -> bool:
        """Return whether a variant is trained with the same loss by the same loss network in all experiments."""
        configured = {json.dumps(one.variant(variant).loss.model_dump(mode="json"), sort_keys=True)
                      for one in self.params() if variant in one.variants}
        networks = {one.dependency(f"train@{variant}", paths.LOSS_NETWORKS / variant) for one in self.experiments
                    if f"train@{variant}" in one.stages}
        return len(configured) <= 1 and len(networks) <= 1
