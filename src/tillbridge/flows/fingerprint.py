"""Which software, in which version, is on the screen? Looks only, touches nothing.

Exactly one version must match. None, or more than one, means that no screen is read or written: the card can
still be taken by a typed amount.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tillbridge.domain.errors import OperatorError, PackError, TillbridgeError
from tillbridge.flows.formats import Unreadable
from tillbridge.flows.pack import FieldSpec, Fingerprint, Pack
from tillbridge.flows.scene import target_of
from tillbridge.screen.backend import (
    Backend,
    Found,
    Gone,
    Handle,
    NotAnswering,
    Program,
    Reading,
    Window,
)


@dataclass(frozen=True, slots=True)
class Recognised:
    """A running program and the one pack version that describes it."""

    pack: Pack
    program: Program
    level: int = -1
    """How far up on the desktop its uppermost window lies; -1: not known, or nothing of it shows."""


@dataclass(frozen=True, slots=True)
class Running:
    """What runs on this desktop: all that some pack describes; windows that only look alike; did one not answer?"""

    found: tuple[Recognised, ...]
    alike: tuple[tuple[Program, Window], ...]
    silent: bool

    def instances(self) -> tuple[Recognised, ...]:
        """Several running programs of which each is described by one pack; empty where that is not so."""
        keys = {one.program.key for one in self.found}
        return self.found if len(keys) == len(self.found) > 1 else ()


def recognise(backend: Backend, packs: Sequence[Pack]) -> Recognised | TillbridgeError:
    """The one running program that one pack describes.

    Errors: OperatorError `software_closed` (nothing like it runs), `software_minimised`, `several_instances`,
    `not_answering`;
    PackError `unknown_version` (it looks like a known software, and no version fits), `version_ambiguous`.
    """
    return verdict(running(backend, packs))


def running(backend: Backend, packs: Sequence[Pack]) -> Running:
    """Look at every program once."""
    found: list[Recognised] = []
    alike: list[tuple[Program, Window]] = []
    silent = False
    for program in backend.programs():
        try:
            windows = backend.windows(program)
            level = max((window.level for window in windows if window.shown), default=-1)
            fitting = [pack for pack in packs if _fits(backend, pack, program, windows)]
            found += [Recognised(pack, program, level) for pack in fitting]
            alike += [(program, window) for window in windows if _alike(packs, program, window)]
        except NotAnswering:
            silent = True
        except Gone:
            continue  # it closed while we looked: it is not there
    return Running(tuple(found), tuple(alike), silent)


def uppermost(instances: Sequence[Recognised]) -> Recognised | None:
    """The one that lies on top of the others; None where that cannot be told."""
    ordered = sorted(instances, key=lambda one: one.level)
    return ordered[-1] if ordered and ordered[-1].level >= 0 else None


def verdict(seen: Running) -> Recognised | TillbridgeError:
    """The one program that one pack describes, or why there is none."""
    found, alike, silent = seen.found, seen.alike, seen.silent
    if len(found) == 1:
        return found[0]
    if len({one.program.key for one in found}) > 1:
        return OperatorError("several_instances", count=len({one.program.key for one in found}))
    if found:
        versions = ", ".join(sorted(one.pack.key for one in found))
        return PackError("version_ambiguous", versions=versions)
    if alike:
        program, window = alike[0]
        if window.minimised:
            return OperatorError("software_minimised", software=program.name)
        return PackError("unknown_version", program=program.name, build=program.version, kind=window.kind)
    return OperatorError("not_answering") if silent else OperatorError("software_closed")


def _alike(packs: Sequence[Pack], program: Program, window: Window) -> bool:
    """Is this a main window of one of these softwares, whatever its version?"""
    return window.kind == "window" and any(
        not spec.comes_and_goes
        and any(title.match(window.title, pack.formats) is not None for title in spec.titles)
        for pack in packs
        for spec in pack.windows.values()
    )


def _fits(backend: Backend, pack: Pack, program: Program, windows: Sequence[Window]) -> bool:
    return any(fits(backend, pack, print_, program, windows) for print_ in pack.fingerprints)


def fits(
    backend: Backend, pack: Pack, print_: Fingerprint, program: Program, windows: Sequence[Window]
) -> bool:
    """Does every line of one fingerprint hold for this program?"""
    if print_.program and not fnmatchcase(program.name.lower(), print_.program.lower()):
        return False
    if print_.page and not fnmatchcase(program.name, print_.page):
        return False  # a backend of pages gives the address as the program's name
    stated = program.version
    if print_.program_version and stated and not fnmatchcase(stated, print_.program_version):
        return False
    titles = pack.windows[print_.window].titles
    there = [
        window
        for window in windows
        if window.kind == "window"
        and any(title.match(window.title, pack.formats) is not None for title in titles)
    ]
    return any(_holds(backend, pack, print_, window.handle) for window in there)


def _holds(backend: Backend, pack: Pack, print_: Fingerprint, handle: Handle) -> bool:
    names = list(dict.fromkeys((*print_.has, *print_.has_not, *print_.reads)))
    specs = [spec for name in names if (spec := pack.place(name)) is not None]
    found = backend.resolve(handle, [target_of(pack, spec) for spec in specs])
    nodes = {name: one.node for name, one in zip(names, found, strict=True) if isinstance(one, Found)}
    seen = dict(zip(nodes, backend.read(list(nodes.values())), strict=True)) if nodes else {}
    has = all(name in seen and seen[name].shown for name in print_.has)
    has_not = all(name not in seen or not seen[name].shown for name in print_.has_not)
    return has and has_not and all(_readable(pack, name, seen.get(name)) for name in print_.reads)


def _readable(pack: Pack, name: str, reading: Reading | None) -> bool:
    spec = pack.place(name)
    if reading is None or not isinstance(spec, FieldSpec):
        return False
    return not isinstance(pack.formats.read(reading.text, spec.format), Unreadable)
