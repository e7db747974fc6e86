"""The paper's baseline VGG-FC, where the loss network is a whole VGG-19: SVMs on its last hidden layer."""

from pathlib import Path

from pipeline.config import EvaluatePlan, LossNetworkPlan, load_params, read_section
from pipeline.errors import one_sentence
from pipeline.evaluation import vgg_fc
from pipeline.json_file import write_json

OUTPUT = Path("baselines")


def main() -> None:
    try:
        state = vgg_fc.weights(read_section(LossNetworkPlan, "plan/pipeline/loss_network.json"))
    except vgg_fc.NotMeasured as why:
        write_json(OUTPUT / "none.json", {"note": f"{vgg_fc.LABEL} was not measured: {why}"})
        print(f"{OUTPUT}: {vgg_fc.LABEL} was not measured: {why}")
        return
    score(state)


def score(state: dict) -> None:
    from tqdm import tqdm

    from pipeline.data import shards
    from pipeline.evaluation import svm
    from pipeline.models.trained import device

    _, splits, attributes = shards.load_attributes("data/shards", view=vgg_fc.VIEW)
    with tqdm(total=len(splits), unit=" images", desc=vgg_fc.LABEL, mininterval=5) as bar:
        features = vgg_fc.activations(state, counted(bar), device())
    C = read_section(EvaluatePlan, "plan/pipeline/evaluate.json").svm_c
    rows = svm.evaluate(features, attributes, splits, C, vgg_fc.LABEL, load_params().cluster)
    OUTPUT.mkdir(exist_ok=True)
    rows.to_csv(OUTPUT / "vgg_fc.csv", index=False)
    averages = svm.averages(rows)
    print(f"{OUTPUT}: SVM accuracy of {vgg_fc.LABEL} on view {vgg_fc.VIEW}: {averages['accuracy']:.1%} "
          f"(C {averages['C']:g}), majority class {averages['majority']:.1%}, over {len(splits)} images")


def counted(bar):
    from pipeline.data import shards

    for split in shards.SPLITS:
        for _, pixels in shards.batches("data/shards", vgg_fc.VIEW, split, 64):
            yield pixels
            bar.update(len(pixels))


if __name__ == "__main__":
    with one_sentence():
        main()
