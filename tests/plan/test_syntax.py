"""A digest follows what code does, and not how it is written."""

import pytest

from pipeline.plan.syntax import digest, lines_of_inner_imports

SOURCE = '''"""A module."""
import warnings
from dataclasses import dataclass


@dataclass
class Point:
    """A place."""

    x: float = 1.0  # metres
    names: tuple[str, ...] = ("a", "b")


async def far(point: Point, *rest: int, scale: float = 2, **more) -> str:
    """How far, in words."""
    if point.x < 0:
        raise ValueError(f"{point.x} is too small: {scale!r:>{point.x}}")
    if point.x > 10:
        return InputError(f"{point.x} is too far")
    if point.x > 9:
        print("far", file=sys.stderr)
        loss = SquaredError(weight=1)
        warnings.warn("very far")
    values = [x ** 2 for x in rest if x % 2] + [*more]
    match values:
        case [first, *_] if first:
            return f"{first=} {scale:.2f} {{}} {b'bytes'!r} {scale!r:>{point.x}} {scale:{point.x}.{first}}"
    return lambda: (yield 1_000, 1e-3, 2j, ..., None, True)
'''


def test_a_digest_is_the_same_on_every_python():
    """Python 3.11, 3.12 and 3.13 give this value. Their `ast.dump` and `ast.unparse` differ."""
    assert digest(SOURCE) == "b9b9becfad5da2c5"


@pytest.mark.parametrize(("old", "new"), [
    ('"""A module."""', '"""Another."""'),
    ('    """A place."""\n', ""),
    ('"""How far, in words."""', '"""Otherwise."""\n    "more of it"'),
    ("  # metres", "  # feet"),
    ('f"{point.x} is too small: {scale!r:>{point.x}}"', '"too small"'),
    ('print("far", file=sys.stderr)', 'print("near", point)'),
    ('InputError(f"{point.x} is too far")', 'InputError("too", "far")'),
    ('warnings.warn("very far")', 'warnings.warn("not near", stacklevel=2)'),
    ("\n\n\nasync", "\n\nasync"),
    ('("a", "b")', "('a',\n 'b',)"),
    ("1_000", "1000"),
])
def test_what_only_people_read_changes_no_digest(old, new):
    assert SOURCE.count(old) == 1
    assert digest(SOURCE.replace(old, new)) == digest(SOURCE)


@pytest.mark.parametrize(("old", "new"), [
    ("1.0", "1.5"), ("1.0", "1"), ('"a"', '"c"'), ("point.x < 0", "point.x <= 0"), ("ValueError", "TypeError"),
    ("** 2", "** 3"), ("2j", "3j"), ("b'bytes'", "'bytes'"), ("{scale:.2f}", "{scale:.3f}"), ("async def", "def"),
    ("@dataclass\n", ""), ("x % 2", "x"),
    ('print("far", file=sys.stderr)', 'point.x = 1'), ('print("far", file=sys.stderr)', 'print("far", file=table)'),
    ('print("far", file=sys.stderr)', 'print(scale := 3)'), ('print("far", file=sys.stderr)', 'print(rest.pop())'),
    ("InputError(f", "OtherError(f"), ("SquaredError(weight=1)", "SquaredError(weight=9)"),
    ("scale: float = 2", "scale: int = 2"),
])
def test_what_may_change_a_result_changes_the_digest(old, new):
    assert SOURCE.count(old) == 1
    assert digest(SOURCE.replace(old, new)) != digest(SOURCE)


def test_the_place_of_a_statement_changes_the_digest():
    assert digest("if a:\n    b()\nc()") != digest("if a:\n    b()\n    c()")
    assert digest("f(a, b)") != digest("f(a)(b)") != digest("f(a(b))")
    assert digest("def f(a, /, b): ...") != digest("def f(a, b): ...")
    assert digest("x = [1, [2]]") != digest("x = [[1], 2]")


def test_imports_inside_functions_have_these_lines():
    assert lines_of_inner_imports("import a\ndef f():\n    import b\n    def g():\n        from c import d\n"
                                  "class C:\n    import e\n") == {3, 5}
