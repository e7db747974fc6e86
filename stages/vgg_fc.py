"""The paper's baseline VGG-FC, where the loss network is a whole VGG-19: SVMs on its last hidden layer."""

from pathlib import Path

from pipeline.config import EvaluatePlan, LossNetworkPlan, load_params, read_section
from pipeline.errors import one_sentence
from pipeline.evaluation import vgg_fc
from pipeline.evaluation.results import VGG_FC, VGG_FC_VIEW
from pipeline.json_file import write_json
from pipeline.plan import code
from pipeline.records import write_record
from pipeline.vocabulary import SPLITS

OUTPUT = Path("baselines")


def main() -> None:
    code.checked("vgg_fc")
    try:
        state = vgg_fc.weights(read_section(LossNetworkPlan, "plan/pipeline/loss_network.json"))
    except vgg_fc.NotMeasured as why:
        write_json(OUTPUT / "none.json", {"note": f"{VGG_FC} was not measured: {why}"})
        print(f"{OUTPUT}: {VGG_FC} was not measured: {why}")
    else:
        score(state)
    write_record("vgg_fc")


def score(state: dict) -> None:
    from tqdm import tqdm

    from pipeline.data import shards
    from pipeline.evaluation import svm
    from pipeline.models.gpu import device

    _, splits, attributes = shards.load_attributes("data/shards", view=VGG_FC_VIEW)
    with tqdm(total=len(splits), unit=" images", desc=VGG_FC, mininterval=5) as bar:
        features = vgg_fc.activations(state, counted(bar), device())
    C = read_section(EvaluatePlan, "plan/pipeline/evaluate.json").svm_c
    rows = svm.evaluate(features, attributes, splits, C, VGG_FC, load_params().cluster)
    OUTPUT.mkdir(exist_ok=True)
    rows.to_csv(OUTPUT / "vgg_fc.csv", index=False)
    averages = svm.averages(rows)
    print(f"{OUTPUT}: SVM accuracy of {VGG_FC} on view {VGG_FC_VIEW}: {averages['accuracy']:.1%} "
          f"(C {averages['C']:g}), majority class {averages['majority']:.1%}, over {len(splits)} images")


def counted(bar):
    from pipeline.data import shards

    for split in SPLITS:
        for _, pixels in shards.batches("data/shards", VGG_FC_VIEW, split, 64):
            yield pixels
            bar.update(len(pixels))


if __name__ == "__main__":
    with one_sentence():
        main()
