"""The letters of a PDF: Helvetica, which every reader has, or a font of this computer for names beyond Western Europe.

Helvetica is named and not carried along, so an ordinary receipt weighs a few kilobytes. A text with other letters
carries a whole TrueType font (some hundred kilobytes). Where this computer has none that helps, letters lose their
accents or become question marks: a receipt is made all the same.

Arabic and Indic letters are drawn unconnected: shaping them needs a library that is not worth it here (ADR 0056).
"""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pydyf


class Face(Protocol):
    """Widths in thousandths of the font size."""

    def width(self, text: str, *, bold: bool) -> int: ...

    def shown(self, text: str) -> str:
        """The text with what this face can draw."""
        ...

    def code(self, text: str) -> bytes:
        """As a PDF string."""
        ...

    def resources(self, pdf: pydyf.PDF) -> pydyf.Dictionary:
        """The fonts `R` (regular) and `B` (bold), added to the document."""
        ...

    @property
    def has_bold(self) -> bool: ...


# ---- Helvetica ----------------------------------------------------------------------------------

_REGULAR = (
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, *[556] * 10, 278, 278, 584, 584,
    584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667,
    611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222,
    222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
)  # fmt: skip
_BOLD = (
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278, *[556] * 10, 333, 333, 584, 584,
    584, 611, 975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778, 667, 778, 722, 667,
    611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556, 333, 556, 611, 556, 611, 556, 333, 611, 611, 278,
    278, 556, 278, 889, 611, 611, 611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584,
)  # fmt: skip
"""Adobe's metrics of Helvetica and Helvetica-Bold, from space to tilde. An accented letter is as wide as its base."""


class Helvetica:
    """One of the 14 fonts that every reader has (ISO 32000-1, 9.6.2.2), in the letters of Windows-1252."""

    has_bold = True

    def width(self, text: str, *, bold: bool) -> int:
        table = _BOLD if bold else _REGULAR
        return sum(_width_of(character, table) for character in text)

    def shown(self, text: str) -> str:
        return "".join(c if in_western(c) else _without_accent(c) for c in text)

    def code(self, text: str) -> bytes:
        return b"<" + text.encode("cp1252", "replace").hex().encode() + b">"

    def resources(self, pdf: pydyf.PDF) -> pydyf.Dictionary:
        fonts = (("R", "/Helvetica", _REGULAR), ("B", "/Helvetica-Bold", _BOLD))
        return pydyf.Dictionary({name: _western(pdf, base, table).reference for name, base, table in fonts})


def _western(pdf: pydyf.PDF, base: str, table: tuple[int, ...]) -> pydyf.Dictionary:
    """With its widths: a reader without Helvetica sets another font in the room that was reckoned with."""
    letters = bytes(range(32, 256)).decode("cp1252", "replace")
    font = pydyf.Dictionary(
        {"Type": "/Font", "Subtype": "/Type1", "BaseFont": base, "Encoding": "/WinAnsiEncoding", "FirstChar": 32,
         "LastChar": 255, "Widths": pydyf.Array([_width_of(letter, table) for letter in letters])}
    )  # fmt: skip
    pdf.add_object(font)
    return font


def _width_of(character: str, table: tuple[int, ...]) -> int:
    base = unicodedata.normalize("NFKD", character)[0]
    return table[ord(base) - 32] if " " <= base <= "~" else 600


def in_western(text: str) -> bool:
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


_NOT_ACCENTS = str.maketrans({"Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "ı": "i", "Ħ": "H", "ħ": "h"})


def _without_accent(character: str) -> str:
    bare = unicodedata.normalize("NFKD", character.translate(_NOT_ACCENTS))
    kept = "".join(c for c in bare if in_western(c))
    return kept or ("" if unicodedata.combining(character) else "?")


# ---- a TrueType font of this computer -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TrueType:
    """A font file, carried along whole. `glyphs`: character -> glyph, `advances`: width of each glyph."""

    content: bytes
    glyphs: dict[int, int]
    advances: tuple[int, ...]
    box: tuple[int, int, int, int]
    used: dict[int, str] = field(default_factory=dict)

    has_bold = False

    def width(self, text: str, *, bold: bool) -> int:
        return sum(self.advances[min(self._glyph(c), len(self.advances) - 1)] for c in text)

    def shown(self, text: str) -> str:
        return "".join(c if ord(c) in self.glyphs else _without_accent(c) for c in text)

    def code(self, text: str) -> bytes:
        self.used.update((self._glyph(c), c) for c in text)
        return b"<" + b"".join(struct.pack(">H", self._glyph(c)) for c in text).hex().encode() + b">"

    def _glyph(self, character: str) -> int:
        return self.glyphs.get(ord(character), 0)

    def resources(self, pdf: pydyf.PDF) -> pydyf.Dictionary:
        """Called last: the table back to characters holds what was used."""
        file = pydyf.Stream([self.content], {"Length1": len(self.content)}, compress=True)
        to_unicode = pydyf.Stream([_to_unicode(self.used)], compress=True)
        pdf.add_object(file)
        pdf.add_object(to_unicode)
        descriptor = pydyf.Dictionary(
            {"Type": "/FontDescriptor", "FontName": "/Receipt", "Flags": 4, "FontBBox": pydyf.Array(self.box),
             "ItalicAngle": 0, "Ascent": self.box[3], "Descent": self.box[1], "CapHeight": 700, "StemV": 80,
             "FontFile2": file.reference}
        )  # fmt: skip
        pdf.add_object(descriptor)
        widths = pydyf.Array()
        for glyph in sorted(self.used):
            widths += [glyph, pydyf.Array([self.advances[min(glyph, len(self.advances) - 1)]])]
        system = pydyf.Dictionary({"Registry": "(Adobe)", "Ordering": "(Identity)", "Supplement": 0})
        inner = pydyf.Dictionary(
            {"Type": "/Font", "Subtype": "/CIDFontType2", "BaseFont": "/Receipt", "CIDSystemInfo": system,
             "FontDescriptor": descriptor.reference, "CIDToGIDMap": "/Identity", "W": widths}
        )  # fmt: skip
        pdf.add_object(inner)
        font = pydyf.Dictionary(
            {"Type": "/Font", "Subtype": "/Type0", "BaseFont": "/Receipt", "Encoding": "/Identity-H",
             "DescendantFonts": pydyf.Array([inner.reference]), "ToUnicode": to_unicode.reference}
        )  # fmt: skip
        pdf.add_object(font)
        return pydyf.Dictionary({"R": font.reference, "B": font.reference})


def _to_unicode(used: dict[int, str]) -> bytes:
    """So that the text can be searched and copied (ISO 32000-1, 9.10.3)."""
    lines = [
        f"<{glyph:04x}> <{character.encode('utf-16-be').hex()}>" for glyph, character in sorted(used.items())
    ]
    blocks = [lines[first : first + 100] for first in range(0, len(lines), 100)]
    told = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /Receipt def /CMapType 2 def\n"
        f"1 begincodespacerange <0000> <ffff> endcodespacerange\n{told}\n"
        "endcmap CMapName currentdict /CMap defineresource pop end end"
    ).encode()


# ---- reading a font file (OpenType 1.9) ---------------------------------------------------------


def read_truetype(content: bytes) -> TrueType:
    """Raises ValueError for what is no TrueType font that we can carry."""
    try:
        tables = _tables(content)
        if "glyf" not in tables:
            raise ValueError("no TrueType outlines")
        per_em = struct.unpack_from(">H", tables["head"], 18)[0]
        box = struct.unpack_from(">4h", tables["head"], 36)
        count = struct.unpack_from(">H", tables["hhea"], 34)[0]
        advances = struct.unpack_from(">" + "Hh" * count, tables["hmtx"])[::2]
        scaled = tuple(1000 * value // per_em for value in advances)
        return TrueType(content, _cmap(tables["cmap"]), scaled, tuple(1000 * v // per_em for v in box))
    except (struct.error, KeyError, IndexError, ZeroDivisionError) as error:
        raise ValueError("a font file that cannot be read") from error


def _tables(content: bytes) -> dict[str, bytes]:
    if content[:4] not in (b"\x00\x01\x00\x00", b"true"):
        raise ValueError("not a TrueType font")
    found = {}
    for index in range(struct.unpack_from(">H", content, 4)[0]):
        tag, _, start, length = struct.unpack_from(">4sIII", content, 12 + 16 * index)
        found[tag.decode("latin-1")] = content[start : start + length]
    return found


def _cmap(table: bytes) -> dict[int, int]:
    """Unicode subtables of format 4 and 12; the fuller one wins."""
    glyphs: dict[int, int] = {}
    for index in range(struct.unpack_from(">H", table, 2)[0]):
        platform, encoding, start = struct.unpack_from(">HHI", table, 4 + 8 * index)
        if platform != 0 and (platform, encoding) not in ((3, 1), (3, 10)):
            continue
        form = struct.unpack_from(">H", table, start)[0]
        pairs = _format_4(table, start) if form == 4 else _format_12(table, start) if form == 12 else ()
        glyphs.update((character, glyph) for character, glyph in pairs if glyph)
    return glyphs


def _format_4(table: bytes, start: int) -> Iterator[tuple[int, int]]:
    doubled = struct.unpack_from(">H", table, start + 6)[0]
    segments = doubled // 2
    ends, firsts = start + 14, start + 16 + doubled
    deltas, offsets = firsts + doubled, firsts + 2 * doubled
    for segment in range(segments):
        at = 2 * segment
        end, first = (struct.unpack_from(">H", table, base + at)[0] for base in (ends, firsts))
        delta, offset = (struct.unpack_from(">H", table, base + at)[0] for base in (deltas, offsets))
        for character in range(first, min(end, 0xFFFE) + 1):
            if offset == 0:
                yield character, (character + delta) & 0xFFFF
                continue
            glyph = struct.unpack_from(">H", table, offsets + at + offset + 2 * (character - first))[0]
            yield character, (glyph + delta) & 0xFFFF if glyph else 0


def _format_12(table: bytes, start: int) -> Iterator[tuple[int, int]]:
    for group in range(struct.unpack_from(">I", table, start + 12)[0]):
        first, end, glyph = struct.unpack_from(">III", table, start + 16 + 12 * group)
        yield from ((first + step, glyph + step) for step in range(end - first + 1))


# ---- choosing -----------------------------------------------------------------------------------

_FOLDERS = (
    "/usr/share/fonts", "/usr/local/share/fonts", "/System/Library/Fonts", "/Library/Fonts", "C:/Windows/Fonts",
)  # fmt: skip
_NAMES = (
    "DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "segoeui.ttf", "arial.ttf", "Arial.ttf",
    "Arial Unicode.ttf", "malgun.ttf", "simhei.ttf", "DroidSansFallbackFull.ttf",
)  # fmt: skip
"""Sans serifs that are widely there, those with the most letters of one script last."""


def font_files(folders: Iterable[str] = _FOLDERS) -> Iterator[Path]:
    there = [Path(folder) for folder in folders if Path(folder).is_dir()]
    found = {path.name: path for folder in there for path in folder.rglob("*.ttf")}
    return (found[name] for name in _NAMES if name in found)


def face_for(texts: Iterable[str], files: Iterable[Path] | None = None) -> Face:
    """Helvetica if it has every letter; else the font of this computer that lacks the fewest of them."""
    letters = {ord(c) for text in texts for c in text}
    if in_western("".join(map(chr, letters))):
        return Helvetica()
    best: TrueType | None = None
    for file in font_files() if files is None else files:
        found = _read(file)
        if found is not None and (best is None or _lacks(found, letters) < _lacks(best, letters)):
            best = found
        if best is not None and _lacks(best, letters) == 0:
            return best
    return best or Helvetica()


def _lacks(font: TrueType, letters: set[int]) -> int:
    return sum(letter not in font.glyphs for letter in letters)


def _read(file: Path) -> TrueType | None:
    """A font that cannot be read helps nobody: the next one is tried."""
    try:
        return read_truetype(file.read_bytes())
    except (OSError, ValueError):
        return None
