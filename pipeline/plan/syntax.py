"""Digests of Python files. They change if results may change, and are the same on every supported Python."""

import ast
import hashlib
from functools import cache

# Left out of the digest. Whether an expression is read or written (ctx) follows from its place.
FIELDS_LEFT_OUT = {"ctx", "kind", "type_comment"}
MESSAGES = {"print", "warnings.warn", "tqdm.write"}  # calls that only print, unless they write to a file
STREAMS = {"sys.stderr", "sys.stdout"}
ERROR = "InputError"  # the project's own; some helpers make one that others raise
# What the arguments of a message may call. With another call in them, the message may do more than print.
WORDING = {"len", "str", "join", "format", "next", "iter", "values", "items", "keys", "list", "sum", "min", "max",
           "round", "to_dict", "relative_to"}


@cache
def digest(source: str) -> str:
    """Return a short name for what a file does: 16 hexadecimal digits.

    It covers the syntax tree without comments, docstrings, calls of MESSAGES and the arguments of what is raised: a
    message is no result. Empty fields are left out, since each version of Python adds some.
    """
    tokens: list[str] = []
    add_tokens(ast.parse(source), tokens)
    return hashlib.sha256("\n".join(tokens).encode()).hexdigest()[:16]


def add_tokens(value: object, tokens: list[str]) -> None:
    """Add a syntax tree to `tokens` as texts, in order. A generator would be three times as slow: trees are deep."""
    if isinstance(value, ast.AST):
        tokens.append(type(value).__name__)
        for name, part in ast.iter_fields(without_message(value)):
            part = [item for item in part if not says_only(item)] if isinstance(part, list) else part
            if name not in FIELDS_LEFT_OUT and part is not None and part != []:
                tokens.append(f".{name}")
                add_tokens(part, tokens)
        tokens.append(";")
    elif isinstance(value, list):
        for item in value:
            add_tokens(item, tokens)
    else:
        tokens.append(f"{type(value).__name__} {value!r}")


def says_only(statement: object) -> bool:
    """Return whether a statement is a docstring, another text that stands alone, or a call of MESSAGES."""
    if not isinstance(statement, ast.Expr):
        return False
    value = statement.value
    if isinstance(value, ast.Call):
        streams = {ast.unparse(keyword.value) for keyword in value.keywords if keyword.arg in ("file", None)}
        return ast.unparse(value.func) in MESSAGES and streams <= STREAMS and all(map(words_only, value.args))
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def words_only(argument: ast.expr) -> bool:
    """Return whether an argument of a message only makes words: it calls only WORDING and the module messages."""
    for inner in ast.walk(argument):
        if isinstance(inner, ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom):
            return False
        if isinstance(inner, ast.Call):
            called = ast.unparse(inner.func)
            if called.rpartition(".")[2] not in WORDING and not called.startswith("messages."):
                return False
    return True


def without_message(node: ast.AST) -> ast.AST:
    """Return a node without the words of an error, and any other node as it is.

    That is `raise Problem` for `raise Problem("why")`, and `InputError()` for `InputError("why")`. A formatted text
    loses its empty parts, of which Python 3.12 has some.
    """
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        return ast.Raise(exc=node.exc.func, cause=node.cause)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == ERROR:
        return ast.Call(func=node.func, args=[], keywords=[])
    if isinstance(node, ast.JoinedStr):
        return ast.JoinedStr([part for part in node.values
                              if not (isinstance(part, ast.Constant) and part.value == "")])
    return node


def lines_of_inner_imports(source: str) -> set[int]:
    """Return the line numbers of the imports that are inside functions."""
    functions = [node for node in ast.walk(ast.parse(source))
                 if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return {inner.lineno for function in functions for inner in ast.walk(function)
            if isinstance(inner, ast.Import | ast.ImportFrom)}


@cache
def texts(source: str) -> set[str]:
    """Return all text constants of a file."""
    return {node.value for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)}
