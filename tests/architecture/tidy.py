"""The house rules that a parser can see. Each checker takes a source text and returns its faults.

Pure functions over text, so that every rule can be proved with a planted fault. A fault is one line:
"line 12: what is wrong and what to do instead". Which rule holds where is decided in test_tidy.py.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import PurePath

Checker = Callable[[str], list[str]]

MODULE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70
FUNCTION_LINES_MEDIAN = 13
BANNED_NAMES = frozenset(
    {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager", "service", "handler"}
    | {"processor", "core", "types"}
)
NAMES_ALLOWED = frozenset({"tillbridge/simulator/core"})
MONEY_WORD = re.compile(
    r"amount|price|balance|money|minor|(?:^|_)(?:fee|tip|due|owed|total|chargeable)(?:_|$)"
)
CLOCK_MODULES = {
    "time": {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "sleep"},
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "uuid": {"uuid1", "uuid4"},
    "os": {"urandom", "environ", "getenv"},
}
UNFINISHED = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME"]) + r")\b")
MACHINE_PATH = re.compile(r"(?<![\w.}>])/(?:work|root|home/[a-z]\w*)/")
REGISTRY_HOST = re.compile(
    "|".join([r"pypi\." + "org", "python" + "hosted", r"deb\.debian\." + "org", r"npmjs\." + "org"])
)

Function = ast.FunctionDef | ast.AsyncFunctionDef


def at(node: ast.AST, text: str) -> str:
    return f"line {getattr(node, 'lineno', 1)}: {text}"


@cache
def parsed(source: str) -> ast.Module:
    """Raises SyntaxError; every rule looks at the same tree."""
    return ast.parse(source, feature_version=(3, 11))


def does_not_parse(source: str) -> list[str]:
    try:
        parsed(source)
    except SyntaxError as error:
        return [f"line {error.lineno}: does not parse as Python 3.11: {error.msg}"]
    return []


def functions(source: str) -> Iterator[Function]:
    for node in ast.walk(parsed(source)):
        if isinstance(node, Function):
            yield node


def lines_of(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


# ---------------------------------------------------------------- sizes and names


def module_size(source: str) -> list[str]:
    count = len(source.splitlines())
    return [f"line {count}: {count} lines; split it by its nouns"] if count > MODULE_LINES_MAX else []


def function_size(source: str) -> list[str]:
    return [
        at(each, f"{each.name} has {lines_of(each)} lines; give its parts names")
        for each in functions(source)
        if lines_of(each) > FUNCTION_LINES_MAX
    ]


def module_name(path: PurePath) -> list[str]:
    """Every folder and file below the first: a thing without a name has no place."""
    faults = []
    for depth, part in enumerate(path.parts):
        here = "/".join(path.parts[: depth + 1]).removeprefix("src/").removeprefix("tests/")
        stem = part.removesuffix(".py").removeprefix("test_")
        inside = here in NAMES_ALLOWED or f"tillbridge/{here}" in NAMES_ALLOWED
        if stem in BANNED_NAMES and not inside:
            faults.append(f"line 1: {part!r} says nothing about what it holds")
    return faults


def module_docstring(source: str) -> list[str]:
    tree = parsed(source)
    trivial = all(isinstance(each, ast.Import | ast.ImportFrom) or _is_all(each) for each in tree.body)
    return [] if trivial or ast.get_docstring(tree) else ["line 1: say what this module is and must not do"]


def _is_all(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id == "__all__"
    )


# ---------------------------------------------------------------- money


def no_float_at_all(source: str) -> list[str]:
    """For the folders where every number may be money."""
    faults = []
    for node in ast.walk(parsed(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            faults.append(at(node, f"float {node.value!r}; count in the smallest unit"))
        elif isinstance(node, ast.Name) and node.id == "float":
            faults.append(at(node, "float; count in the smallest unit"))
    return faults


def no_true_division(source: str) -> list[str]:
    """`/` makes a float of two integers. Money is divided with // and a rule for the rest."""
    return [
        at(node, "/ makes a float; use // or divmod and say where the rest goes")
        for node in ast.walk(parsed(source))
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div)
    ]


def no_float_money(source: str) -> list[str]:
    """Anywhere: a name that means money is never annotated, given or turned into a float."""
    faults = []
    for node in ast.walk(parsed(source)):
        name, value = _named_value(node)
        if name and MONEY_WORD.search(name) and any(_is_floaty(each) for each in value):
            faults.append(at(node, f"{name} is money and must never be a float"))
    return faults


def _named_value(node: ast.AST) -> tuple[str, list[ast.expr]]:
    match node:
        case ast.AnnAssign(target=target, annotation=annotation, value=value):
            return _last_name(target), [annotation, *([value] if value else [])]
        case ast.Assign(targets=[target], value=value):
            return _last_name(target), [value]
        case ast.arg(arg=name, annotation=annotation) if annotation:
            return name, [annotation]
        case ast.keyword(arg=str(name), value=value):
            return name, [value]
        case ast.FunctionDef(name=name, returns=returns) if returns:
            return name, [returns]
        case ast.Call(func=ast.Name(id="float") as function, args=[argument]):
            return _last_name(argument), [function]
    return "", []


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def _is_floaty(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, float)
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "float"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _is_floaty(node.left) or _is_floaty(node.right)
    return isinstance(node, ast.Name) and node.id == "float"


# ---------------------------------------------------------------- time and chance


def no_clock(source: str) -> list[str]:
    """Time, chance and the environment come as arguments: what imports cannot show, calls do."""
    tree = parsed(source)
    known = _imported_names(tree)
    return [
        at(node, f"{ast.unparse(node)}: time and chance come as arguments")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and _is_clock(node, known)
    ]


def _imported_names(tree: ast.Module) -> dict[str, str]:
    """Local name -> the name it had where it came from."""
    return {
        (alias.asname or alias.name): alias.name.rsplit(".", 1)[-1]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }


def _is_clock(node: ast.Attribute, known: dict[str, str]) -> bool:
    owner = node.value
    if isinstance(owner, ast.Attribute):
        return node.attr in CLOCK_MODULES.get(owner.attr, set()) and _last_name(owner.value) in known
    origin = known.get(_last_name(owner), "")
    return node.attr in CLOCK_MODULES.get(origin, set())


# ---------------------------------------------------------------- honesty


def no_print(source: str) -> list[str]:
    return [
        at(node, "print belongs to the command line; return a value")
        for node in ast.walk(parsed(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]


def no_swallowing(source: str) -> list[str]:
    """A caught exception becomes a value with its cause kept, never silence."""
    faults = []
    for node in ast.walk(parsed(source)):
        if isinstance(node, ast.ExceptHandler) and _catches_all(node.type):
            if all(_is_nothing(each) for each in node.body):
                faults.append(at(node, "everything is caught and nothing is kept"))
        elif isinstance(node, ast.Call) and _last_name(node.func) == "suppress":
            faults += [at(node, "suppress of everything") for each in node.args if _catches_all(each)]
    return faults


def _catches_all(kind: ast.expr | None) -> bool:
    if isinstance(kind, ast.Tuple):
        return any(_catches_all(each) for each in kind.elts)
    return kind is None or _last_name(kind) in {"Exception", "BaseException"}


def _is_nothing(node: ast.stmt) -> bool:
    if isinstance(node, ast.Return):
        return node.value is None or isinstance(node.value, ast.Constant)
    plain = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return plain or isinstance(node, ast.Pass | ast.Continue | ast.Break)


def nothing_unfinished(source: str) -> list[str]:
    return [
        f"line {number}: {found.group()}: do it, or open an issue"
        for number, line in enumerate(source.splitlines(), start=1)
        if (found := UNFINISHED.search(line))
    ]


def no_machine(source: str) -> list[str]:
    """Nothing of the machine that a change was made on, nor of the registries it was made with."""
    return [
        f"line {number}: {found.group()!r} belongs to one machine"
        for number, line in enumerate(source.splitlines(), start=1)
        if (found := MACHINE_PATH.search(line) or REGISTRY_HOST.search(line))
    ]


def starts_with_title(markdown: str) -> list[str]:
    return [] if markdown.startswith("# ") else ["line 1: a page starts with its title: '# ...'"]


# ---------------------------------------------------------------- tests


def tests_assert(source: str) -> list[str]:
    """A test that cannot fail proves nothing. One that calls what can fail, in the same file, can."""
    failing = set(FAILING)
    while more := {each.name for each in functions(source) if _can_fail(each, failing)} - failing:
        failing |= more
    return [
        at(each, f"{each.name} asserts nothing")
        for each in functions(source)
        if each.name.startswith("test_") and each.name not in failing
    ]


FAILING = frozenset({"raises", "fail", "warns", "run_state_machine_as_test"})
FAILING_PREFIXES = ("assert_", "expect", "must_", "check_", "until", "wait_")
"""Names, imported from elsewhere, of what raises when it does not find what it wants."""


def _can_fail(function: Function, failing: set[str]) -> bool:
    for node in ast.walk(function):
        if isinstance(node, ast.Assert):
            return True
        name = _last_name(node.func) if isinstance(node, ast.Call) else ""
        if name in failing or name.startswith(FAILING_PREFIXES):
            return True
    return False


def no_hiding_marks(source: str) -> list[str]:
    hiding = {"skip", "skipif", "xfail", "importorskip"}
    return [
        at(node, f"{ast.unparse(node)}: a missing part is a failure")
        for node in ast.walk(parsed(source))
        if isinstance(node, ast.Attribute)
        and node.attr in hiding
        and ast.unparse(node.value) in {"pytest", "pytest.mark"}
    ]


def sleeps_only_in_loops(source: str) -> list[str]:
    """A sleep is no synchronisation; a loop that asks again until a deadline is."""
    tree = parsed(source)
    looped = {
        id(inner)
        for loop in ast.walk(tree)
        if isinstance(loop, ast.While | ast.For)
        for inner in ast.walk(loop)
    }
    return [
        at(node, "a bare sleep; wait for a condition with a deadline")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _last_name(node.func) == "sleep" and id(node) not in looped
    ]


# ---------------------------------------------------------------- dead files


def imported_modules(source: str) -> set[str]:
    """Every dotted name that a source imports, or names in a string (started with -m, loaded by name)."""
    names: set[str] = set()
    for node in ast.walk(parsed(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names |= set(re.findall(r"\btillbridge(?:\.\w+)+", node.value))
    return names


def dead_modules(modules: dict[str, str], users: dict[str, str]) -> list[str]:
    """Modules of `modules` that nobody in them or in `users` imports; name -> source. Entry points are not dead."""
    used: set[str] = set()
    for name, source in (modules | users).items():
        used |= imported_modules(source) - {name}
    return [name for name in modules if name not in used and not _is_entry(name)]


def _is_entry(name: str) -> bool:
    last = name.rsplit(".", 1)[-1]
    found_by_folder = last == "adapter" and ".gateways." in name
    return last in {"__main__", "__init__"} or found_by_folder or name == "tillbridge.apps.cli.main"
