"""Resolve params.yaml into plan/, one JSON per variant and one per section that a later stage reads; and write code/,
the digest of each stage's code.

A later stage depends on its files here, and not on params.yaml or on code, so that a change reruns what it touches.
"""

import shutil
from pathlib import Path

from pipeline.config import Variant, load_params
from pipeline.errors import one_sentence
from pipeline.plan import code
from pipeline.plan.resolve import resolve
from pipeline.removed_variants import delete_results_of_removed_variants
from pipeline.tracking.store import store_uri


def main() -> None:
    params = load_params()
    code.Code().check_that_all_is_seen()  # before files of one's own are imported
    plan = resolve(params)
    store_uri(params.tracking)  # a wrong one is told now, and not when the data is prepared
    variants = [section for section in plan.values() if isinstance(section, Variant)]
    files = {Path("plan") / name: section.planned() if isinstance(section, Variant) else
             section.model_dump_json(indent=1) + "\n" for name, section in plan.items()}
    files |= {path: code.written(digest) for path, digest in code.digests(variants).items()}
    for folder in ("plan", code.FOLDER):
        shutil.rmtree(folder, ignore_errors=True)
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    delete_results_of_removed_variants()
    print(f"plan/: {', '.join(f'{variant.name} = {variant.label}' for variant in variants)}; "
          f"{code.FOLDER}/: digests of the code of {len(files) - len(plan)} stages")


if __name__ == "__main__":
    with one_sentence():
        main()
