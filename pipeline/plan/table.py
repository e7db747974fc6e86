"""Write which stages run again after a change of which module, as a page: `python -m pipeline.plan.table`."""

from collections.abc import Sequence

from pipeline.config.loading import load_params
from pipeline.config.variant import Variant
from pipeline.errors import exit_on_input_error
from pipeline.paths import CODE, stage_of
from pipeline.plan.code import digests
from pipeline.plan.exempt import reason
from pipeline.plan.modules import PACKAGES, Modules

INTRODUCTION = """# What runs again after a change of code

Each stage of `dvc.yaml` depends on one file, `code/<stage>.json`. It holds a digest of every module that the stage
reaches by its imports. These make nothing run again: comments, docstrings, the texts in errors, warnings and prints,
and `pipeline/messages.py`. The architecture, the loss and the adversary that a variant names in `params.yaml` count
only for that variant. A source of faces counts only where `data.source` names it. `track` depends on all of `code/`,
since code decides which record in MLflow is that of a result: it runs whenever a change makes another stage run.

`plan` reads the files of weights that parameters name, to refuse wrong ones before any long work. They change nothing
in `plan/`, so only the stages that use such a file depend on it and run again when it changes.

The table says which stages a change makes run. A stage behind them runs too if its data changes. Training reads only
the view `aligned`. `latents` reads all views. `evaluate` and `features` depend on the latents of all views, since a
list in the parameters decides which of them are read.

A digest cannot see two things:

- code that is imported by a name which only the running program knows. What `params.yaml` names is seen.
- a file that a term, a model or an adversary of your own reads by one of its options.

`python -m pipeline.plan.table > docs/what-runs-again.md` writes this page, and a test compares it.

"""


def table(variants: Sequence[Variant], source: str) -> dict[str, list[str]]:
    """Return every module → the stages whose digest has it, such as "report" and "train@dfc".

    plan is not among them: it runs after every change. source: data.source.
    """
    stages: dict[str, list[str]] = {module: [] for module in Modules().names}
    for path, digest in digests(variants, source).items():
        for module in digest:
            stages[module].append(stage_of(CODE, path))
    return stages


def in_words(stages: Sequence[str], variants: Sequence[Variant]) -> str:
    """Return the stages in words, those of all variants together: "train, samples@dfc"."""
    families: dict[str, list[str]] = {}
    for stage in stages:
        family, _, variant = stage.partition("@")
        families.setdefault(family, []).append(variant)
    return ", ".join(family if len(of) == len(variants) or of == [""] else f"{family}@{','.join(of)}"
                     for family, of in families.items())


def page(variants: Sequence[Variant], source: str) -> str:
    """Return the page: an introduction and the table of all modules, in Markdown. source: data.source."""
    rows = [f"| module of {' and '.join(PACKAGES)} | stages that run again, beside plan |", "|---|---|"]
    for module, stages in table(variants, source).items():
        words = in_words(stages, variants) or "none"
        rows.append(f"| {module} | {words}{f': {reason(module)}' if reason(module) else ''} |")
    return INTRODUCTION + "\n".join(rows) + "\n"


def main() -> None:
    """Print the page for the variants and the source of params.yaml."""
    params = load_params()
    print(page([params.variant(name) for name in params.variants], params.data.source), end="")


if __name__ == "__main__":
    with exit_on_input_error():
        main()
