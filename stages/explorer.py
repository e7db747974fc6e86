"""Write one HTML page in which the trained decoders run: explorer/index.html, which opens from disk."""

from pipeline import paths
from pipeline.config.plans import ReportPlan, read_plan, read_variants
from pipeline.explorer.gathering import gather
from pipeline.explorer.page import write_page
from pipeline.plan import code
from pipeline.plan.removed_variants import delete_results_of_removed_variants
from pipeline.process import whole_process
from pipeline.vocabulary import counted, size_in_words
from pipeline.workspace.records import write_record


def main() -> None:
    """Run the stage."""
    plan, variants = read_plan(ReportPlan), read_variants()
    code.refuse_unplanned_code("explorer", variants)
    delete_results_of_removed_variants()
    explored = gather(plan, variants)
    page = write_page(paths.EXPLORER, explored)
    write_record("explorer")
    for note in explored.notes:
        print(f"note: {note}")
    running = sum(variant.decoder is not None for variant in explored.variants)
    print(f"{page}: {counted(running, 'decoder')}, {counted(len(explored.face_ids), 'face')}, "
          f"{size_in_words(page.stat().st_size)}")


if __name__ == "__main__":
    with whole_process():
        main()
