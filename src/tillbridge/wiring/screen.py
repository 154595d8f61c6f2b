"""The desktop this process runs in: its backend, its guard, its pictures, joined to the packs."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from datetime import date, datetime

from tillbridge.domain.errors import SetupError
from tillbridge.domain.pan import looks_like_card_number
from tillbridge.flows.pack import Pack
from tillbridge.flows.practice import Desk, PackPractice
from tillbridge.flows.visible import shown_in_pictures
from tillbridge.ports.practice import Practice
from tillbridge.screen.backend import Gone, Guard
from tillbridge.screen.guards.none import NoGuard
from tillbridge.screen.pictures import Album, Camera, Photographed, PicturedLog
from tillbridge.screen.transcript import Transcript, TranscriptFolder
from tillbridge.wiring.site import FileSecrets, Site


def build_practice(site: Site, packs: Sequence[Pack]) -> Practice:
    """Connect to the desktop this process runs in. Raises SetupError `no_display`, `no_accessibility`."""
    if os.name == "posix" and not os.environ.get("DISPLAY"):
        raise SetupError("no_display")
    from tillbridge.screen.backends.atspi.driver import connect  # late: platform libraries weigh on the start

    try:
        backend = connect()
    except Gone as error:
        raise SetupError("no_accessibility", why=str(error)) from error
    try:
        guard = _guard(site.guard)
    except Gone as error:
        backend.close()
        raise SetupError("no_accessibility", why=str(error)) from error
    folder = TranscriptFolder(
        site.transcripts,
        clock=time.monotonic,
        now=lambda: datetime.now().astimezone(),
        hides=looks_like_card_number,
    )
    album = Album(
        site.pictures, open_camera=_camera, shown=shown_in_pictures(packs), hides=looks_like_card_number
    )
    desk = Desk(
        backend=Photographed(backend, album),
        guard=guard,
        clock=time.monotonic,
        today=date.today,
        log=lambda title: pictured(folder.open(title), title, album),
        secrets=FileSecrets(site.home).get,
        settings=site.settings,
    )
    # Never used before on this desk, and too short to be taken for a card number in a transcript.
    return PackPractice(desk, packs, first_burst=time.time_ns() // 10_000_000 % 10**11)


def pictured(log: Transcript, title: str, album: Album) -> Transcript | PicturedLog:
    """Runs that type something are photographed; those that read happen all the time, and are not."""
    if not PICTURED & set(title.split()):
        return log
    album.begin(log.name)
    return PicturedLog(log, album)


PICTURED = frozenset({"post", "rehearse"})


def _camera() -> Camera:
    from tillbridge.screen.backends.atspi.camera import ScreenCamera

    return ScreenCamera()


def _guard(name: str) -> Guard:
    if name == "none" or (name == "auto" and not os.environ.get("DISPLAY")):
        return NoGuard()
    from tillbridge.screen.guards.x11 import X11Guard

    return X11Guard()
