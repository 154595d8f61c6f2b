"""Lines of keys in TOML files, whatever way the file is written."""

from __future__ import annotations

import tomllib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.flows.fake_impromed import PACK_FOLDER
from tillbridge.flows.positions import KeyPath, positions

TEXT = '''# a comment with [brackets] and "quotes
top = 1
[pack]  # behind
name = "x # no comment"
list = [
  1,  # one
  { a = 2, b = [3,
     4] },
]
[a."b.c".d]
e.f = """
many
lines"""
g = 'single'
[[dialog]]
id = "one"
[[dialog]]
id = "two"
[dialog.sub]
k = true
'''


def test_every_key_has_its_line() -> None:
    lines = positions(TEXT)
    wanted: dict[KeyPath, int] = {
        ("top",): 2,
        ("pack",): 3,
        ("pack", "name"): 4,
        ("pack", "list", 0): 6,
        ("pack", "list", 1, "a"): 7,
        ("pack", "list", 1, "b", 1): 8,
        ("a", "b.c", "d", "e", "f"): 11,
        ("a", "b.c", "d", "g"): 14,
        ("dialog", 0, "id"): 16,
        ("dialog", 1): 17,
        ("dialog", 1, "sub", "k"): 20,
    }
    assert {path: lines[path] for path in wanted} == wanted


def _paths(value: object, path: KeyPath = ()) -> set[KeyPath]:
    found = {path}
    if isinstance(value, dict):
        for key, inner in value.items():
            found |= _paths(inner, (*path, key))
    if isinstance(value, list):
        for index, inner in enumerate(value):
            found |= _paths(inner, (*path, index))
    return found


def test_no_key_of_a_real_pack_is_without_a_line() -> None:
    text = Path(PACK_FOLDER / "pack.toml").read_text("utf-8")
    assert _paths(tomllib.loads(text)) <= set(positions(text))


_KEYS = st.from_regex(r"[a-z_]{1,5}", fullmatch=True)
_VALUES = st.recursive(
    st.sampled_from(["1", "true", '"a]#,"', "'b}='", '"""\nx"""', '"\\""', "1979-05-27"]),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda parts: f"[{', '.join(parts)}]")
        | st.dictionaries(_KEYS, inner, max_size=3).map(
            lambda parts: "{" + ", ".join(f"{key} = {value}" for key, value in parts.items()) + "}"
        )
    ),
    max_leaves=6,
)


@given(st.dictionaries(_KEYS, st.dictionaries(_KEYS, _VALUES, max_size=3), max_size=3))
def test_any_valid_file_is_walked_to_its_end(tables: dict[str, dict[str, str]]) -> None:
    lines = []
    for name, table in tables.items():
        lines.append(f"[{name}]  # [not.a.table]")
        lines += [f"{key} = {value}" for key, value in table.items()]
    text = "\n".join(lines)
    found = positions(text)
    assert _paths(tomllib.loads(text)) <= set(found)
    headers = [number for number, line in enumerate(text.split("\n"), 1) if line.startswith("[")]
    assert [found[name,] for name in tables] == headers
