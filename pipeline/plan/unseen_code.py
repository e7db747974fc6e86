"""Refusing code and data of this project that a stage could read, but that no digest of code would hold."""

from pathlib import Path

from pipeline.errors import InputError
from pipeline.plan.modules import PACKAGES, PROJECT, Modules, is_ours, names_file


def refuse_unseen_code(modules: Modules) -> None:
    """Raise InputError if a change of some code or data would make no stage run again, although one may read it."""
    refuse_folders_without_init()
    refuse_data_of_no_module(modules)
    refuse_imports_from_outside(modules)


def refuse_folders_without_init() -> None:
    """Raise InputError if a folder has Python files but no __init__.py: the import graph would not have them."""
    for path in python_files():
        if not (path.parent / "__init__.py").is_file():
            raise InputError(f"{path.parent.relative_to(PROJECT)} has Python files but no __init__.py, and so "
                             "would be in no digest of code; add an empty one")


def refuse_data_of_no_module(modules: Modules) -> None:
    """Raise InputError unless each data file is named by exactly one module, whose digest then has it."""
    sources = {module: modules.file(module).read_text() for module in modules.names}
    for path in modules.data_files:
        naming = [module for module in modules.names if names_file(sources[module], path)]
        if len(naming) != 1:
            by = f"by {' and '.join(naming)}" if naming else "by no module"
            raise InputError(f"{path.relative_to(PROJECT)} is named {by}, and so DVC cannot tell which stages "
                             "read it; name it in one module, or keep it elsewhere")


def refuse_imports_from_outside(modules: Modules) -> None:
    """Raise InputError if a module imports code that lies in the project, but outside of its packages."""
    for module in modules.names:
        for other in modules.graph.find_modules_directly_imported_by(module):
            beside = PROJECT / other
            if not is_ours(other) and (beside.with_suffix(".py").is_file() or any(beside.glob("*.py"))):
                raise InputError(f"{module} imports {other}, which is in no digest of code, since it lies outside "
                                 f"of {' and '.join(PACKAGES)}; move it there")


def python_files() -> list[Path]:
    """Return all files in the packages that can be imported, sorted."""
    files = [path for package in PACKAGES for path in (PROJECT / package).rglob("*.py")]
    return sorted(path for path in files
                  if all(part.isidentifier() for part in path.relative_to(PROJECT).with_suffix("").parts))
