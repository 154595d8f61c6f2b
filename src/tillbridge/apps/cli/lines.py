"""Lines for a person: a long sentence goes on under itself, not under the time or the mark in front of it."""

from __future__ import annotations

import textwrap

from rich.console import Console
from rich.text import Text


def print_hanging(console: Console, head: str, text: str, style: str = "") -> None:
    """`head` once, then the text beside it, as wide as the console. Options and ids are not torn apart."""
    space = " " * len(head)
    wrapped = textwrap.wrap(
        text, max(40, console.width), initial_indent=space, subsequent_indent=space, break_on_hyphens=False,
        break_long_words=False,
    )  # fmt: skip
    line = Text(head, style=style).append("\n".join(wrapped or [space])[len(head) :], style="default")
    console.print(line, soft_wrap=True)
