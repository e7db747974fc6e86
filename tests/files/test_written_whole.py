"""Results are hard links to DVC's cache, so no code writes into a file that exists: all replace it as a whole.

Who wrote into one would damage the cache, as root, or fail, as anybody else. Here the code is read; tests/test_disk.py
has a real cache.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
WRITERS = {"write_text", "write_bytes", "to_parquet", "save", "savez", "savez_compressed", "savetxt", "savefig",
           "tofile", "save_file", "write_table", "ParquetWriter", "copy2", "copyfile", "copyfileobj",
           "open_output_stream", "imsave", "imwrite", "dump", "symlink_to", "hardlink_to", "copytree", "extractall",
           "open_memmap", "memmap", "truncate"}
ATOMIC = {"replacing", "TemporaryDirectory"}
NOT_RESULTS = {  # file → what it writes in place
    "pipeline/evaluation/inception.py": "a buffer in memory",
    "pipeline/drawn_faces/dataset.py": "a buffer in memory, beside what is written whole",
    "pipeline/data/shard_files.py": "a buffer in memory",
    "pipeline/report/pictures.py": "a buffer in memory",
    "pipeline/training/checkpoints.py": "a buffer in memory",
    "pipeline/training/pictures.py": "a buffer in memory",
    "pipeline/explorer/sprites.py": "a buffer in memory",
    "pipeline/comparison/faces.py": "a buffer in memory",
    "pipeline/comparison/cache.py": "links in a temporary folder",
    "pipeline/export/export.py": "a folder that takes its place as a whole",
    "pipeline/export/graphs.py": "a file in that folder",
    "pipeline/export/latent_space_file.py": "a file in that folder",
    "pipeline/models/served_graph.py": "a file in a temporary folder",
    "pipeline/tracking/scoring_server.py": "the log of a server, in a temporary folder",
    "pipeline/files/folder.py": "the temporary file of its method `write`",
    "pipeline/tracking/store.py": "a lock beside the database",
    "pipeline/workspace/dvc_lock_copy.py": "copies of dvc.lock"}


def is_writer(node: ast.AST) -> bool:
    """Return whether this is a call that writes into a file, by its name or by the mode in which it opens it."""
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in ("open", "ZipFile"):
        modes = [argument.value for argument in [*node.args, *(word.value for word in node.keywords)]
                 if isinstance(argument, ast.Constant) and isinstance(argument.value, str)]
        return any(set(mode) <= set("rwaxbt+") and set(mode) & set("wax+") for mode in modes)
    if name == "write_text" and isinstance(node.func, ast.Name):
        return False  # files.atomic's
    if name in ("to_csv", "to_html", "to_json"):
        return bool(node.args)  # without a path it returns a text
    if name == "copy":
        return isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") == "shutil"
    return name in WRITERS


def written_in_place(source: str) -> list[int]:
    """Return the lines that write into a file outside any block that replaces files as a whole."""
    def visit(node: ast.AST, inside: bool) -> Iterator[int]:
        if isinstance(node, ast.With):
            inside = inside or any(
                isinstance(call, ast.Call) and (call.func.attr if isinstance(call.func, ast.Attribute) else
                                                getattr(call.func, "id", "")) in ATOMIC
                for item in node.items for call in ast.walk(item.context_expr))
        if is_writer(node) and not inside:
            yield node.lineno
        for child in ast.iter_child_nodes(node):
            yield from visit(child, inside)

    return list(visit(ast.parse(source), False))


def test_no_result_is_written_in_place():
    """Write by `pipeline.files.atomic` what this finds."""
    found = {path.relative_to(PROJECT).as_posix(): written_in_place(path.read_text())
             for folder in ("pipeline", "stages") for path in (PROJECT / folder).rglob("*.py")}
    in_place = {path: lines for path, lines in found.items() if lines}
    assert {path: lines for path, lines in in_place.items() if path not in NOT_RESULTS} == {}
    assert in_place.keys() == NOT_RESULTS.keys()


@pytest.mark.parametrize("line", [
    "path.write_text('x')", "rows.to_csv(path)", "open(path, 'a')", "path.open('r+b')", "np.savez(path, x)",
    "shutil.copyfile(a, b)", "shutil.copytree(a, b)", "np.memmap(path)",
    "with open(path, mode='w') as file:\n  pass", "zipfile.ZipFile(path, 'w')"])
def test_writing_in_place_is_found(line):
    assert written_in_place(line) == [1]


@pytest.mark.parametrize("line", [
    "write_text(path, rows.to_csv(index=False))", "path.open()", "open(path, 'rb')", "array.copy()", "ZipFile(path)",
    "with replacing(path) as temporary:\n  temporary.write_text('x')"])
def test_other_calls_are_not(line):
    assert written_in_place(line) == []
