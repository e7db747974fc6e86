"""Score what each view, and each further variant, adds to attribute prediction."""

from pipeline import messages, paths
from pipeline.cluster.tasks import parallel_map
from pipeline.config.loading import load_params
from pipeline.config.plans import ViewGainsPlan, read_plan
from pipeline.data import by_id
from pipeline.evaluation import svm_notes
from pipeline.evaluation.chosen_set import chosen_on_validation
from pipeline.evaluation.features import load_features
from pipeline.evaluation.view_gains import plan_steps, score_view_gains
from pipeline.files.atomic import write_text
from pipeline.files.json_file import write_json
from pipeline.plan import code
from pipeline.process import whole_process
from pipeline.workspace.records import write_record

METRICS = ["accuracy", "balanced_accuracy", "valid_accuracy"]  # columns of gains.csv that `dvc metrics show` prints


def main() -> None:
    """Run the stage."""
    code.refuse_unplanned_code("view_gains")
    plan = read_plan(ViewGainsPlan)
    features = load_features(plan.variants, plan.views, paths.FEATURES)
    attributes = by_id.attributes_of(paths.SHARDS, features.image_ids)
    steps = plan_steps(plan.variants, plan.views, plan.labels)
    with parallel_map(load_params().cluster) as spread:
        gains, combined = score_view_gains(features, attributes, steps, plan.svm_c, "view gains", spread)
    paths.VIEW_GAINS.mkdir(exist_ok=True)
    write_text(paths.GAINS_TABLE, gains.to_csv(index=False))
    for view_set, rows in combined.items():
        write_text(paths.svm_table(paths.VIEW_GAINS, view_set), rows.to_csv(index=False))
    write_json(paths.VIEW_GAINS_METRICS, gains.set_index("step")[METRICS].to_dict() if len(gains) else {})
    write_record("view_gains")
    if gains.empty:
        print(f"{paths.VIEW_GAINS}: the data set has no attributes to predict, so no view adds anything to measure")
        return
    for step, note in zip(gains["step"], gains["note"], strict=True):
        if note:
            print(f"note: {step}: {note}")
    if note := svm_notes.at_the_edge(gains.set_index("step")["C"].to_dict(), plan.svm_c, "view_gains.svm_c"):
        print(f"note: {note}")
    chosen = chosen_on_validation(gains.set_index("step")["valid_accuracy"].to_dict())
    print(messages.views_added(plan.labels[plan.variants[0]], paths.VIEW_GAINS, gains.to_dict("records"), chosen))


if __name__ == "__main__":
    with whole_process():
        main()
