"""What each view, and a second variant, adds to attribute prediction."""

from pathlib import Path

from pipeline import messages
from pipeline.config import MultiViewPlan, load_params, read_section
from pipeline.data import shards
from pipeline.errors import one_sentence
from pipeline.evaluation import multi_view
from pipeline.json_file import write_json
from pipeline.plan import code
from pipeline.records import write_record

OUTPUT = Path("multi_view")


def main() -> None:
    code.checked("multi_view")
    plan = read_section(MultiViewPlan, "plan/pipeline/multi_view.json")
    _, _, attributes = shards.load_attributes("data/shards")
    gains, combined = multi_view.gains(plan.variants, plan.views, plan.labels, attributes, plan.svm_c, "features",
                                       progress=True, cluster=load_params().cluster)
    OUTPUT.mkdir(exist_ok=True)
    gains.to_csv(OUTPUT / "gains.csv", index=False)
    for view_set, rows in combined.items():
        rows.to_csv(OUTPUT / f"svm_{view_set}.csv", index=False)
    measures = ["accuracy", "balanced_accuracy"]
    write_json(Path("metrics/multi_view.json"), gains.set_index("step")[measures].to_dict())
    write_record("multi_view")
    print(messages.views_added(plan.labels[plan.variants[0]], OUTPUT, gains.to_dict("records")))


if __name__ == "__main__":
    with one_sentence():
        main()
