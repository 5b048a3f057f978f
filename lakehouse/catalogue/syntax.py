"""The source of definitions: their syntax without what changes nothing, and the names that they use."""

import ast
import dis
import inspect
from collections.abc import Iterator, Sequence
from functools import cache
from types import CodeType, FunctionType, ModuleType

Definition = FunctionType | type
# Packages whose definitions are followed.
OURS = ("jobs", "lakehouse", "libs", "ml", "tests")
# Fields of syntax trees that differ between versions of Python, or hold what does not count.
IGNORED = ("annotation", "returns", "type_comment", "type_params", "kind", "ctx", "name", "simple")


def nodes_of(definition: Definition) -> list[ast.AST]:
    """Where the definition is in its module's source; lambdas of one line are taken together."""
    found = _definitions(inspect.getmodule(definition))
    if isinstance(definition, type):
        return found.get(definition.__name__, [])[:1]
    line, is_lambda = definition.__code__.co_firstlineno, definition.__name__ == "<lambda>"
    return found.get((ast.Lambda if is_lambda else ast.FunctionDef, line), [])


@cache
def _definitions(module: ModuleType) -> dict[object, list[ast.AST]]:
    """The module's classes by name, its functions and lambdas by kind and first line: one pass for all that are looked for."""
    found: dict[object, list[ast.AST]] = {}
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.ClassDef):
            found.setdefault(node.name, []).append(node)
        elif isinstance(node, ast.Lambda | ast.FunctionDef):
            found.setdefault((type(node), _first_line(node)), []).append(node)
    return found


def _first_line(node: ast.Lambda | ast.FunctionDef) -> int:
    decorators = node.decorator_list if isinstance(node, ast.FunctionDef) else []
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def syntax(node: object) -> str:
    """The syntax tree as text, without what does not count, the same in every version of Python."""
    if isinstance(node, list):
        return "[" + ", ".join(map(syntax, node)) + "]"
    if not isinstance(node, ast.AST):
        return repr(node)
    if isinstance(node, ast.Raise):
        # Whatever it says: an error makes no rows.
        return "Raise()"
    parts = []
    for name, value in ast.iter_fields(node):
        if name in IGNORED and not isinstance(node, ast.alias | ast.keyword | ast.ExceptHandler):
            continue
        if name == "body" and isinstance(value, list):
            value = [part for part in _without_docstring(value) if not _is_validator(part)]
        if value not in (None, []):
            parts.append(f"{name}={syntax(value)}")
    return f"{type(node).__name__}({', '.join(parts)})"


def _is_validator(node: ast.stmt) -> bool:
    """Whether it judges a declaration when it is read: that makes no rows."""
    decorators = node.decorator_list if isinstance(node, ast.FunctionDef) else []
    called = (d.func for d in decorators if isinstance(d, ast.Call))
    return any(isinstance(f, ast.Name) and f.id.endswith("_validator") for f in called)


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0] if body else None
    is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    return body[1:] if is_text else body


def attributes(nodes: Sequence[ast.AST], name: str) -> set[str]:
    """The attributes of the module `name` that are used."""
    attributes = (part for node in nodes for part in ast.walk(node) if isinstance(part, ast.Attribute))
    return {part.attr for part in attributes if isinstance(part.value, ast.Name) and part.value.id == name}


def codes_of(definition: Definition) -> Iterator[CodeType]:
    """The compiled functions of the definition: itself, or the methods of a class."""
    if isinstance(definition, FunctionType):
        yield definition.__code__
        return
    file = inspect.getsourcefile(definition)
    for member in vars(definition).values():
        held = (getattr(member, name, None) for name in ("__func__", "fget", "func"))
        function = inspect.unwrap(next((f for f in held if isinstance(f, FunctionType)), member))
        # Those that `dataclass` and the like make have no source.
        if isinstance(function, FunctionType) and function.__code__.co_filename == file:
            yield function.__code__


def global_names(code: CodeType) -> Iterator[str]:
    """Names of its module that the code reads, nested functions included. Raises TypeError where it imports ours itself."""
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield str(instruction.argval)
        if instruction.opname == "IMPORT_NAME" and str(instruction.argval).split(".", 1)[0] in OURS:
            raise TypeError(
                f"{code.co_name} imports {instruction.argval} itself, which can't be followed: import it in the module"
            )
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from global_names(constant)
