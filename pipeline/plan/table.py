"""Which stages run again after a change of which module: python -m pipeline.plan.table"""

from collections.abc import Sequence

from pipeline.config import Variant, load_params
from pipeline.errors import one_sentence
from pipeline.plan.code import FOLDER, PACKAGES, Code, digests
from pipeline.plan.exempt import EXEMPT


def table(variants: Sequence[Variant]) -> dict[str, list[str]]:
    """Every module → the stages whose digest has it, such as "report" and "train@dfc"; plan, which always runs, left
    out."""
    found: dict[str, list[str]] = {module: [] for module in sorted(Code().graph.modules)}
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


def main() -> None:
    params = load_params()
    variants = [params.variant(name) for name in params.variants]
    print(f"| module of {' and '.join(PACKAGES)} | stages that run again, beside plan |\n|---|---|")
    for module, stages in table(variants).items():
        why = f"none: {EXEMPT[module]}" if module in EXEMPT else in_words(stages, variants) or "none"
        print(f"| {module} | {why} |")


if __name__ == "__main__":
    with one_sentence():
        main()
