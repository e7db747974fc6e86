"""Lay all variants side by side: Table 1, and one page with everything."""

from pipeline import messages, paths
from pipeline.config.plans import ReportPlan, read_plan, read_variants
from pipeline.plan import code
from pipeline.plan.removed_variants import delete_results_of_removed_variants
from pipeline.process import whole_process
from pipeline.report.contents import Report
from pipeline.report.gathering import gather_report
from pipeline.report.page import write_report
from pipeline.report.svm_tables import average_accuracies, read_baseline_notes, read_baseline_tables, read_svm_tables
from pipeline.report.table1 import build_table1
from pipeline.report.table1_files import write_table1_csv, write_table1_markdown
from pipeline.workspace.records import write_record


def main() -> None:
    """Run the stage."""
    plan, variants = read_plan(ReportPlan), read_variants()
    code.refuse_unplanned_code("report", variants)
    delete_results_of_removed_variants()
    svm_tables = read_svm_tables(plan.variants)
    table1 = build_table1(svm_tables, read_baseline_tables())
    write_table1_csv(table1, paths.REPORT / "table1.csv")
    write_table1_markdown(table1, paths.REPORT / "table1.md", read_baseline_notes())
    report = gather_report(plan, variants, svm_tables, table1)
    page = write_report(paths.REPORT, report)
    write_record("report")
    print(messages.reported(page, len(variants), plan.view_set, average_accuracies(svm_tables, plan.view_set),
                            network_in_words(report)))


def network_in_words(report: Report) -> str:
    """Return what the loss network's weights are, if they are not those of VGG-19; else ""."""
    if report.loss_network["source"] == "random":
        return "with random weights"
    learned_from = report.loss_network.get("learned from")
    return f"learned from {learned_from}" if learned_from else ""


if __name__ == "__main__":
    with whole_process():
        main()
