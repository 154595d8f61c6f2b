"""Small mechanical changes of the code of domain and engine, one at a time: other targets, dropped effects, negated and
shifted comparisons, swapped and dropped conditions, numbers off by one. Made from the syntax tree, in a fixed order.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path("src/tillbridge")
ENGINE_FILES = (
    "answers",
    "cashier",
    "consequences",
    "decisions",
    "money_steps",
    "posting_steps",
    "requests",
    "schedule",
    "screen_turn",
    "still_there",
    "typed",
    "work",
    "writing",
)
DOMAIN_FILES = (
    "money_leg", "posting_leg", "guards", "payment", "fold", "next_command", "matching", "money", "moment", "event",
    "marker", "pan", "invoice", "whose",
)  # fmt: skip
FILES = (*(f"domain/{name}.py" for name in DOMAIN_FILES), *(f"engine/{name}.py" for name in ENGINE_FILES))

_NEGATED: dict[type[ast.cmpop], str] = {
    ast.Eq: "!=", ast.NotEq: "==", ast.Lt: ">=", ast.GtE: "<", ast.Gt: "<=", ast.LtE: ">", ast.Is: "is not",
    ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
}  # fmt: skip
_WORDS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.GtE: ">=", ast.Gt: ">", ast.LtE: "<=", ast.Is: "is",
    ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
_SHIFTED: dict[type[ast.cmpop], str] = {ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">"}
_OTHER_STATE = {
    "UNSURE": "WAITING",
    "WAITING": "UNSURE",
    "KILLED": "KILLING",
    "KILLING": "KILLED",
    "POSTED": "UNSURE",
}


@dataclass(frozen=True, slots=True)
class Generated:
    """`start` and `end`: places in the file's text. `new` stands there instead."""

    file: str
    line: int
    start: int
    end: int
    old: str
    new: str
    code: str
    """The whole line, without the spaces around it."""

    @property
    def name(self) -> str:
        return f"{self.file}:{self.line}: {self.change}"

    @property
    def change(self) -> str:
        return f"{self.old.strip()!r} -> {self.new.strip()!r} in {self.code}"


class _Text:
    """Positions of a syntax tree in the text it came from."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0]
        for line in text.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))

    def begin(self, node: ast.expr) -> int:
        return self.starts[node.lineno - 1] + self._column(node.lineno, node.col_offset)

    def end(self, node: ast.expr) -> int:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.starts[node.end_lineno - 1] + self._column(node.end_lineno, node.end_col_offset)

    def _column(self, line: int, in_bytes: int) -> int:
        whole = self.text[self.starts[line - 1] : self.starts[line]]
        return len(whole.encode()[:in_bytes].decode())


def generated(root: Path) -> list[Generated]:
    """Every change there is, in the order of files and lines."""
    found: list[Generated] = []
    for file in FILES:
        text = (root / SOURCE / file).read_text()
        for start, end, line, new in _changes(_Text(text), ast.parse(text)):
            code = text.splitlines()[line - 1].strip()
            found.append(Generated(file, line, start, end, text[start:end], new, code))
    return sorted(found, key=lambda each: (FILES.index(each.file), each.start, each.new))


Change = tuple[int, int, int, str]


def _changes(text: _Text, tree: ast.Module) -> Iterator[Change]:
    for node in ast.walk(tree):
        match node:
            case ast.Compare(ops=[operator], comparators=[right]):
                yield from _comparison(text, node, operator, right)
            case ast.BoolOp(op=operation, values=[first, second, *_]):
                word = " or " if isinstance(operation, ast.And) else " and "
                yield from _between(text, first, second, word, (" and ", " or "))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                yield text.begin(node), text.begin(node) + len("not "), operand.lineno, ""
            case ast.BinOp(op=ast.Add() | ast.Sub() as sign, left=left, right=right):
                yield from _between(
                    text, left, right, " - " if isinstance(sign, ast.Add) else " + ", (" + ", " - ")
                )
            case ast.Constant(value=int() as number) if type(number) is int and number < 1000:
                yield text.begin(node), text.end(node), node.lineno, str(number + 1)
            case ast.Call(func=ast.Name(id="_to"), args=[_, *effects]):
                yield from _cell(text, node, effects)


def _comparison(text: _Text, node: ast.Compare, operator: ast.cmpop, right: ast.expr) -> Iterator[Change]:
    between = text.text[text.end(node.left) : text.begin(right)]
    for words in (_NEGATED, _SHIFTED):
        if type(operator) in words:
            new = between.replace(_WORDS[type(operator)], words[type(operator)], 1)
            yield text.end(node.left), text.begin(right), node.lineno, new


def _between(
    text: _Text, left: ast.expr, right: ast.expr, new: str, words: tuple[str, ...]
) -> Iterator[Change]:
    """The word between two expressions, if nothing but that word and spaces stands there."""
    start, end = text.end(left), text.begin(right)
    if text.text[start:end] in words:
        yield start, end, left.end_lineno or left.lineno, new


def _cell(text: _Text, node: ast.Call, effects: list[ast.expr]) -> Iterator[Change]:
    """A cell of a table: without its last effect, and into another state."""
    state = node.args[0]
    if effects:
        before = node.args[-2]
        yield text.end(before), text.end(node.args[-1]), node.lineno, ""
    if isinstance(state, ast.Attribute) and state.attr in _OTHER_STATE:
        yield text.begin(state), text.end(state), node.lineno, f"S.{_OTHER_STATE[state.attr]}"
