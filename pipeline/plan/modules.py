"""This project's modules: what each imports, and a digest of what each does."""

import hashlib
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path

from pipeline.errors import InputError
from pipeline.plan import syntax

PROJECT = Path(__file__).parents[2]
PACKAGES = ("pipeline", "stages")
# No data files: what Python and editors leave, as in .dvcignore, and Python files, which have digests of their own.
NO_DATA = ("*.py", "__pycache__", "*.pyc", "*~", "*.sw?", "*.orig", "*.rej", "*.bak", "*.part", ".*", "#*#")


class Modules:
    """The modules of PACKAGES, with their import graph. Building it takes seconds.

    Attributes:
        graph: The import graph, with imports inside functions.
        names: All modules, sorted.
    """

    def __init__(self) -> None:
        import grimp  # here, since training workers import this file, and not all have it
        import grimp.exceptions

        try:
            self.graph = grimp.build_graph(*PACKAGES, include_external_packages=True,
                                           exclude_type_checking_imports=True, cache_dir=None)
        except grimp.exceptions.SourceSyntaxError as error:
            raise InputError(f"{' '.join(str(error).split())}; mend it, since all code is read to find what "
                             "a stage depends on") from None
        self.names = sorted(name for name in self.graph.modules if is_ours(name))
        self._digests: dict[str, str] = {}

    def reached(self, top: str, named: dict[str, set[str]], only_top: bool) -> set[str]:
        """Return the modules that are loaded when a module runs, with itself.

        Args:
            top: The module.
            named: Module → modules that it imports by a name in params.yaml.
            only_top: Leave out what `top` imports inside functions.
        """
        loaded: set[str] = set()
        waiting = [top]
        while waiting:
            module = waiting.pop()
            if module in loaded:
                continue
            loaded.add(module)
            waiting += self.imports(module, inner=not (only_top and module == top))
            waiting += named.get(module, ())
            waiting += [module.rpartition(".")[0]] if "." in module else []  # a package runs before what is in it
        return loaded

    def imports(self, module: str, inner: bool) -> set[str]:
        """Return the modules of this project that a module imports; `inner`: also inside functions."""
        imported = {other for other in self.graph.find_modules_directly_imported_by(module) if is_ours(other)}
        if inner:
            return imported
        lines = syntax.lines_of_inner_imports(self.file(module).read_text())
        return {other for other in imported
                if any(detail["line_number"] not in lines
                       for detail in self.graph.get_import_details(importer=module, imported=other))}

    def file(self, module: str) -> Path:
        """Return the file of a module."""
        path = PROJECT / module.replace(".", "/")
        return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")

    def digest(self, module: str) -> str:
        """Return the digest of a module's file and of the data files that it names, 16 hexadecimal digits."""
        if module not in self._digests:
            source = self.file(module).read_text()
            data = [hashlib.sha256(path.read_bytes()).hexdigest() for path in self.data_files
                    if names_file(source, path)]
            whole = " ".join([syntax.digest(source), *data])
            self._digests[module] = hashlib.sha256(whole.encode()).hexdigest()[:16] if data else whole
        return self._digests[module]

    @cached_property
    def data_files(self) -> list[Path]:
        """The files beside Python files in the packages, without what .dvcignore names."""
        return sorted(path for package in PACKAGES for path in (PROJECT / package).rglob("*")
                      if path.is_file() and not any(fnmatch(part, pattern) for pattern in NO_DATA
                                                    for part in path.relative_to(PROJECT).parts))


def is_ours(module: str) -> bool:
    """Return whether a module belongs to this project."""
    return module.partition(".")[0] in PACKAGES


def names_file(source: str, path: Path) -> bool:
    """Return whether one of the texts in a module's source is the path of a data file, or its end."""
    return path.name in source and any(path.as_posix().endswith(f"/{text}") for text in syntax.texts(source)
                                       if text.endswith(path.name))
