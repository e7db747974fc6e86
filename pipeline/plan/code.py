"""Digests of the code on which a stage's result depends. DVC makes the stage depend on its digest.

Each is a file, code/<stage>.json, or code/<stage>/<variant>.json where the variant decides: the modules that the stage
reaches by its imports, those inside functions too, each with the digest of its syntax (`plan.syntax`) and of the data
files that it names. `plan.exempt` lists what is left out.
"""

import hashlib
import json
from collections.abc import Sequence
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path

from pipeline.config import Variant, read_variants
from pipeline.errors import InputError
from pipeline.plan import syntax
from pipeline.plan.exempt import EXEMPT, NOT_EXEMPT_FOR
from pipeline.vocabulary import ADVERSARIES, ARCHITECTURES, RECONSTRUCTIONS, TERMS, VIEWS, choices, module_name
from pipeline.workspace import file_of_stage

FOLDER = Path("code")
PACKAGES = ("pipeline", "stages")
OF_EACH_VARIANT = ("train", "latents", "attributes", "samples", "evaluate")
# A variant without an encoder leaves these at once: what their file in stages/ imports inside functions is for others.
FOR_ENCODERS = ("latents", "attributes", "evaluate")

MODEL_BUILDER, LOSS_BUILDER = "pipeline.models.build", "pipeline.losses.build"
BUILDERS = {MODEL_BUILDER, LOSS_BUILDER}  # they import what a variant names
# What Python and editors leave, as .dvcignore has it, and Python files, which have digests of their own.
NO_DATA = ("*.py", "__pycache__", "*.pyc", "*~", "*.sw?", "*.orig", "*.rej", "*.bak", "*.part", ".*", "#*#")

Digest = dict[str, str]  # module → digest of its file


def stages() -> list[str]:
    """The stages that have digests: all but plan, which depends on the whole code."""
    files = (Path(__file__).parents[2] / "stages").glob("*.py")
    return sorted(path.stem for path in files if path.stem.isidentifier() and path.stem not in ("__init__", "plan"))


def path_of(stage: str, variant: str | None = None) -> Path:
    """Where a stage's digest lies."""
    return file_of_stage(FOLDER, stage, variant)


def digests(variants: Sequence[Variant]) -> dict[Path, Digest]:
    """All of them, by path."""
    code, found = Code(), {}
    for stage in stages():
        if stage in OF_EACH_VARIANT:
            found |= {path_of(stage, variant.name): code.of(stage, [variant]) for variant in variants}
        else:
            found[path_of(stage)] = code.of(stage, variants)
    return found


def written(digest: Digest) -> str:
    """A digest as it stands in its file."""
    return json.dumps(digest, indent=1) + "\n"


def checked(stage: str, variants: Sequence[Variant] = ()) -> str:
    """The text of a stage's digest file; `variants`: the stage's own one; none for all of the plan.

    Raises InputError where it is not that of the code as it is now: then DVC has not seen the code that would run.
    """
    path = path_of(stage, variants[0].name if stage in OF_EACH_VARIANT else None)
    if not path.is_file():
        raise InputError(f"{path} is missing; run `dvc repro`, which makes it in its stage plan")
    planned, now = json.loads(path.read_text()), Code().of(stage, variants)
    changed = sorted(name for name in planned.keys() | now.keys() if planned.get(name) != now.get(name))
    if changed:
        more = f" and {len(changed) - 1} more have" if len(changed) > 1 else " has"
        raise InputError(f"{changed[0]}{more} changed since the plan was made, and DVC would take the result for one "
                         "of the code before; run `dvc repro`, or `dvc repro plan` and then this stage alone")
    return written(planned)


class Code:
    """This project's modules: what they import, and what is in them."""

    def __init__(self):
        import grimp  # here, since training workers import this file, and not all have it
        import grimp.exceptions

        self.root = Path(__file__).parents[2]
        try:
            self.graph = grimp.build_graph(*PACKAGES, include_external_packages=True,
                                           exclude_type_checking_imports=True, cache_dir=None)
        except grimp.exceptions.SourceSyntaxError as error:
            raise InputError(f"{' '.join(str(error).split())}; mend it, since what a stage depends on is found in the "
                             "whole code") from None
        self.modules = sorted(name for name in self.graph.modules if name.partition(".")[0] in PACKAGES)
        self.digests: Digest = {}

    def check_that_all_is_seen(self) -> None:
        """InputError where there is code or data of this project that a stage could read and no digest would hold."""
        for path in self.python_files:
            if not (path.parent / "__init__.py").is_file():
                raise InputError(f"{path.parent.relative_to(self.root)} has Python files but no __init__.py, and so "
                                 "would be in no digest of code; add an empty one")
        texts = {module: syntax.texts(self.file(module).read_text()) for module in self.modules}
        for path in self.data_files:
            naming = [module for module in self.modules if names(texts[module], path)]
            if len(naming) != 1:
                by = f"by {' and '.join(naming)}" if naming else "by no module"
                raise InputError(f"{path.relative_to(self.root)} is named {by}, and so DVC cannot tell which stages "
                                 "read it; name it in one module, or keep it elsewhere")
        for module in self.modules:
            for other in self.graph.find_modules_directly_imported_by(module):
                beside = self.root / other
                if other.partition(".")[0] not in PACKAGES and (
                        beside.with_suffix(".py").is_file() or any(beside.glob("*.py"))):
                    raise InputError(f"{module} imports {other}, which is in no digest of code, since it lies outside "
                                     f"of {' and '.join(PACKAGES)}; move it there")

    def of(self, stage: str, variants: Sequence[Variant]) -> Digest:
        """The digest of a stage, for one variant or for several; for none, those of the plan where it loads them."""
        top = f"stages.{stage}"
        only_top = stage in FOR_ENCODERS and not any(variant.encodes for variant in variants)
        exempt = EXEMPT.keys() - NOT_EXEMPT_FOR.get(stage, set())
        found = self.reached(top, named(variants), only_top)
        if not variants and found & BUILDERS:
            found = self.reached(top, named(read_variants()), only_top)
        return {module: self.digest(module) for module in sorted(found) if module not in exempt}

    def reached(self, top: str, named: dict[str, set[str]], only_top: bool) -> set[str]:
        """The modules that are loaded when a module runs, itself among them.

        named: modules that others import by a name in params.yaml. only_top: without what `top` imports in functions.
        """
        found: set[str] = set()
        waiting = [top]
        while waiting:
            module = waiting.pop()
            if module in found:
                continue
            found.add(module)
            waiting += self.imports(module, inner=not (only_top and module == top))
            waiting += named.get(module, ())
            waiting += [module.rpartition(".")[0]] if "." in module else []  # a package runs before what is in it
        return found

    def imports(self, module: str, inner: bool) -> set[str]:
        """What a module imports of this project; `inner`: also inside functions."""
        imported = {other for other in self.graph.find_modules_directly_imported_by(module)
                    if other.partition(".")[0] in PACKAGES}
        if inner:
            return imported
        lines = syntax.lines_of_inner_imports(self.file(module).read_text())
        return {other for other in imported
                if any(detail["line_number"] not in lines
                       for detail in self.graph.get_import_details(importer=module, imported=other))}

    def file(self, module: str) -> Path:
        """The file of a module."""
        path = self.root / module.replace(".", "/")
        return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")

    def digest(self, module: str) -> str:
        """The digest of a module's file and of the data files that it names."""
        if module not in self.digests:
            source = self.file(module).read_text()
            data = [hashlib.sha256(path.read_bytes()).hexdigest() for path in self.data_files
                    if path.name in source and names(syntax.texts(source), path)]
            whole = " ".join([syntax.digest(source), *data])
            self.digests[module] = hashlib.sha256(whole.encode()).hexdigest()[:16] if data else whole
        return self.digests[module]

    @property
    def python_files(self) -> list[Path]:
        """All that can be imported."""
        found = [path for package in PACKAGES for path in (self.root / package).rglob("*.py")]
        return sorted(path for path in found
                      if all(part.isidentifier() for part in path.relative_to(self.root).with_suffix("").parts))

    @cached_property
    def data_files(self) -> list[Path]:
        """What lies in the packages beside Python files, without what .dvcignore names."""
        return sorted(path for package in PACKAGES for path in (self.root / package).rglob("*")
                      if path.is_file() and not any(fnmatch(part, pattern) for pattern in NO_DATA
                                                    for part in path.relative_to(self.root).parts))


def names(texts: set[str], path: Path) -> bool:
    """Whether one of a module's texts is the path of a data file, or its end."""
    return any(path.as_posix().endswith(f"/{text}") for text in texts if text.endswith(path.name))


def named(variants: Sequence[Variant]) -> dict[str, set[str]]:
    """Module → the modules that it finds by a name in params.yaml, for these variants."""
    of_loss = {(RECONSTRUCTIONS, variant.loss.reconstruction) for variant in variants}
    of_loss |= {(ADVERSARIES, variant.adversary.kind) for variant in variants}
    of_loss |= {(TERMS, term) for variant in variants for term in getattr(variant.loss, "extra", {})}
    return {
        MODEL_BUILDER: {module_name(ARCHITECTURES, variant.model.architecture) for variant in variants},
        LOSS_BUILDER: {module_name(*choice) for choice in of_loss if choice[1] != "none"},
        "pipeline.data.prepare": {module_name(VIEWS, view) for view in choices(VIEWS)},
    }
