"""Resolve params.yaml into plan/, and write code/, the digests of the stages' code.

plan/ has one JSON file for each variant, and one for each section that a later stage reads. A later stage depends on
its files here, and not on params.yaml or on all code, so that a change makes only those stages run that it concerns.
"""

import shutil
from collections.abc import Mapping

from pipeline.config.fields import Section
from pipeline.config.loading import load_params
from pipeline.config.plans import ReportPlan
from pipeline.config.variant import Variant
from pipeline.files.atomic import write_text
from pipeline.paths import CODE, PLAN
from pipeline.plan import code
from pipeline.plan.modules import Modules
from pipeline.plan.removed_variants import delete_results_of_removed_variants
from pipeline.plan.resolve import resolve
from pipeline.plan.unseen_code import refuse_unseen_code
from pipeline.process import whole_process
from pipeline.tracking.store import store_uri


def main() -> None:
    """Run the stage."""
    params = load_params()
    refuse_unseen_code(Modules())  # before files of the user's own are imported
    plan = resolve(params)
    store_uri(params.tracking)  # refuses a wrong one now, and not after an hour
    variants = [section for section in plan.values() if isinstance(section, Variant)]
    files = {PLAN / name: section.planned() if isinstance(section, Variant) else
             section.model_dump_json(indent=1) + "\n" for name, section in plan.items()}
    files |= {path: code.as_text(digest) for path, digest in code.digests(variants, params.data.source).items()}
    for folder in (PLAN, CODE):
        shutil.rmtree(folder, ignore_errors=True)
    for path, text in files.items():
        write_text(path, text)
    delete_results_of_removed_variants()
    if note := left_out(plan):
        print(note)
    print(f"{PLAN}/: {', '.join(f'{variant.name} = {variant.label}' for variant in variants)}; "
          f"{CODE}/: digests of the code of {len(files) - len(plan)} stages")


def left_out(plan: Mapping[str, Section]) -> str:
    """Return a sentence on what the images do not allow of what params.yaml asks for; "" where they allow all."""
    notes = [note for section in plan.values() if isinstance(section, ReportPlan) for note in section.notes]
    return f"note: {'; '.join(notes)}" if notes else ""


if __name__ == "__main__":
    with whole_process():
        main()
