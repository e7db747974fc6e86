"""Which stages run again after a change of which module, as a page: python -m pipeline.plan.table"""

from collections.abc import Sequence

from pipeline.config import Variant, load_params
from pipeline.errors import one_sentence
from pipeline.plan.code import FOLDER, PACKAGES, Code, digests
from pipeline.plan.exempt import EXEMPT

INTRODUCTION = """# What runs again after a change of code

Each stage of `dvc.yaml` depends on one digest of the code that its result depends on, `code/<stage>.json`: of the
modules that it reaches by its imports, of what they do and not of how they say it. Comments, docstrings, and what
stands in errors, warnings and prints make nothing run, and neither does `pipeline/messages.py`. What a variant names in
`params.yaml` (its architecture, its loss, its adversary) counts for that variant alone.

`python -m pipeline.plan.table` writes this page; a test compares it. What is behind a stage in the pipeline runs again
only where its data has changed. Stages whose views are a list in the parameters (`evaluate`, and `multi_view` by way
of `features`) depend on the latents of all views, and `latents` on all views; training depends on the view `aligned`
alone.

Not seen are code that is imported by a name which only the running program knows (but for what `params.yaml` names),
and files that a term, a model or an adversary of your own reads by one of its options.

"""


def table(variants: Sequence[Variant]) -> dict[str, list[str]]:
    """Every module → the stages whose digest has it, such as "report" and "train@dfc"; plan, which always runs, left
    out."""
    found: dict[str, list[str]] = {module: [] for module in Code().modules}
    for path, digest in digests(variants).items():
        stage = "@".join(path.relative_to(FOLDER).with_suffix("").parts)
        for module in digest:
            found[module].append(stage)
    return found


def in_words(stages: Sequence[str], variants: Sequence[Variant]) -> str:
    """The stages, those of all variants together: "train, samples@dfc"."""
    families: dict[str, list[str]] = {}
    for stage in stages:
        family, _, variant = stage.partition("@")
        families.setdefault(family, []).append(variant)
    return ", ".join(family if len(of) == len(variants) or of == [""] else f"{family}@{','.join(of)}"
                     for family, of in families.items())


def page(variants: Sequence[Variant]) -> str:
    """The table of all modules, with its introduction, as Markdown."""
    rows = [f"| module of {' and '.join(PACKAGES)} | stages that run again, beside plan |", "|---|---|"]
    for module, stages in table(variants).items():
        words = in_words(stages, variants) or "none"
        rows.append(f"| {module} | {words}{f': {EXEMPT[module]}' if module in EXEMPT else ''} |")
    return INTRODUCTION + "\n".join(rows) + "\n"


def main() -> None:
    params = load_params()
    print(page([params.variant(name) for name in params.variants]), end="")


if __name__ == "__main__":
    with one_sentence():
        main()
