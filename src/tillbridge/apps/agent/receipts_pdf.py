"""A receipt as a PDF of letter size, one column; more pages only where it is long."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import pydyf

from tillbridge.apps.agent.receipts_font import Face, face_for
from tillbridge.apps.agent.receipts_sheet import Row, Sheet

PAGE = (612, 792)
"""US letter in points."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 126, 486, 730, 60
_INK, _SOFT, _LINE = (0.1, 0.11, 0.14), (0.33, 0.37, 0.43), (0.8, 0.82, 0.85)


def pdf_of(sheet: Sheet, face: Face | None = None) -> bytes:
    """`face`: the letters to use, None = what this computer has for the names on it."""
    pen = _Pen(face or face_for(texts_of(sheet)))
    pen.centred(sheet.title, 16, bold=True)
    pen.centred(sheet.heading, 11, soft=True)
    if sheet.banner:
        pen.framed(sheet.banner, 12)
    for block in sheet.blocks:
        pen.rule()
        for row in block:
            pen.row(row)
    for note in sheet.notes:
        pen.rule()
        pen.paragraph(note, 9)
    return _document(pen, f"{sheet.heading} - {sheet.title}")


def texts_of(sheet: Sheet) -> Iterator[str]:
    yield from (sheet.title, sheet.heading, sheet.banner, *sheet.notes)
    for block in sheet.blocks:
        for row in block:
            yield from (row.label, row.value)


def _document(pen: _Pen, title: str) -> bytes:
    pdf = pydyf.PDF()
    fonts = pen.face.resources(pdf)
    pdf.info.update({"Title": pydyf.String(title), "Producer": pydyf.String("Tillbridge")})
    for content in pen.pages:
        pdf.add_object(content)
        page = {
            "Type": "/Page",
            "Parent": pdf.pages.reference,
            "MediaBox": pydyf.Array([0, 0, *PAGE]),
            "Resources": pydyf.Dictionary({"Font": fonts}),
            "Contents": content.reference,
        }
        pdf.add_page(pydyf.Dictionary(page))
    written = io.BytesIO()
    pdf.write(written)
    return written.getvalue()


class _Pen:
    """Writes from top to bottom, and begins a new page where one is full."""

    def __init__(self, face: Face) -> None:
        self.face = face
        self.pages: list[pydyf.Stream] = []
        self._turn()

    def _turn(self) -> None:
        self._on = pydyf.Stream(compress=True)
        self.pages.append(self._on)
        self._y = float(_TOP)

    def _down(self, step: float) -> None:
        if self._y - step < _BOTTOM:
            self._turn()
        self._y -= step

    def centred(self, text: str, size: int, *, bold: bool = False, soft: bool = False) -> None:
        for line in self._folded(text, size, _RIGHT - _LEFT, bold=bold):
            self._down(size * 1.4)
            middle = (_LEFT + _RIGHT - self._width(line, size, bold=bold)) / 2
            self._put(middle, line, size, bold=bold, soft=soft)

    def framed(self, text: str, size: int) -> None:
        """Words in a box: a copy must not look like the first one."""
        self._down(size * 2.2)
        width = self._width(text, size, bold=True)
        left = (_LEFT + _RIGHT - width) / 2
        self._put(left, text, size, bold=True)
        self._on.set_color_rgb(*_INK, stroke=True)
        self._on.rectangle(left - 8, self._y - size * 0.45, width + 16, size * 1.6)
        self._on.stroke()
        self._down(size * 0.7)

    def rule(self) -> None:
        self._down(9)
        self._on.set_color_rgb(*_LINE, stroke=True)
        self._on.move_to(_LEFT, self._y)
        self._on.line_to(_RIGHT, self._y)
        self._on.stroke()
        self._down(3)

    def row(self, row: Row) -> None:
        size = 14 if row.strong else 8 if row.small else 10
        soft = not row.strong
        labels = self._folded(row.label, size, (_RIGHT - _LEFT) * 0.6, bold=row.strong)
        rest = _RIGHT - _LEFT - max(self._width(line, size, bold=row.strong) for line in labels) - 12
        values = self._folded(row.value, size, rest, bold=row.strong)
        for index in range(max(len(labels), len(values))):
            self._down(size * 1.4)
            if index < len(labels):
                self._put(_LEFT, labels[index], size, bold=row.strong, soft=soft)
            if index < len(values):
                right = _RIGHT - self._width(values[index], size, bold=row.strong)
                self._put(right, values[index], size, bold=row.strong, soft=row.small)

    def paragraph(self, text: str, size: int) -> None:
        for line in self._folded(text, size, _RIGHT - _LEFT):
            self._down(size * 1.4)
            self._put(_LEFT, line, size)

    def _put(self, x: float, text: str, size: int, *, bold: bool = False, soft: bool = False) -> None:
        on = self._on
        color = _SOFT if soft else _INK
        on.set_color_rgb(*color)
        on.set_color_rgb(*color, stroke=True)
        on.begin_text()
        on.set_font_size("B" if bold else "R", size)
        # A font without a bold of its own gets a thin line around each letter.
        thick = bold and not self.face.has_bold
        on.set_text_rendering(2 if thick else 0)
        on.set_line_width(size / 40 if thick else 0.7)
        on.set_text_matrix(1, 0, 0, 1, round(x, 2), round(self._y, 2))
        on.show_text(self.face.code(self.face.shown(text)))
        on.end_text()

    def _width(self, text: str, size: int, *, bold: bool = False) -> float:
        return self.face.width(self.face.shown(text), bold=bold) * size / 1000

    def _folded(self, text: str, size: int, room: float, *, bold: bool = False) -> list[str]:
        """Broken between words; a word that is wider than the room is cut."""
        lines = [""]
        for word in _words(text, lambda part: self._width(part, size, bold=bold) <= room):
            longer = f"{lines[-1]} {word}".strip()
            if self._width(longer, size, bold=bold) <= room:
                lines[-1] = longer
            else:
                lines.append(word)
        return [line for line in lines if line] or [""]


def _words(text: str, fits: Callable[[str], bool]) -> Iterator[str]:
    for word in text.split():
        part = ""
        for character in word:
            if part and not fits(part + character):
                yield part
                part = ""
            part += character
        yield part
