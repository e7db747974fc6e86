"""Resolve params.yaml into plan/: one JSON per variant, and one per section that a later stage reads.

A later stage depends on its file here and not on params.yaml, so that a change reruns exactly what it touches.
"""

import shutil
from pathlib import Path

from pipeline import tracking
from pipeline.config import load_params
from pipeline.errors import one_sentence
from pipeline.plan import resolve


def main() -> None:
    params = load_params()
    plan = resolve(params)
    tracking.store_uri(params.tracking)  # a wrong one is told now, and not when the data is prepared
    folder = Path("plan")
    shutil.rmtree(folder, ignore_errors=True)
    for name, section in plan.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(section.model_dump_json(indent=1) + "\n")
    models = [f"{section.name} = {section.label}" for name, section in plan.items() if "/" not in name]
    print(f"plan/: {', '.join(models)}")


if __name__ == "__main__":
    with one_sentence():
        main()
