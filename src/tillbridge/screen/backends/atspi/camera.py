"""Sees a window's pixels and where its controls are, over connections of its own. Presses, sets and moves nothing.

The pixels come from the X server, the places and texts from the accessibility bus.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from Xlib import X, error
from Xlib.xobject.drawable import Window as XWindow

from tillbridge.screen import backend as b
from tillbridge.screen.backends.atspi.bus import Bus, Call, Failed, Ref, find_address
from tillbridge.screen.backends.atspi.reading import Reader
from tillbridge.screen.backends.atspi.tops import COMPONENT, Tops, ref_of
from tillbridge.screen.backends.atspi.x11 import Screen
from tillbridge.screen.backends.xserver import open_display
from tillbridge.screen.pictures import Box, Shot

LIMIT_S = 1.0
_SCREEN_COORDS = 0
_ROWS = 32
"""Pixels come in strips: the library's reading of one long reply takes time that grows with its square."""
_ALL_PLANES = 0xFFFFFFFF


class ScreenCamera:
    """See `tillbridge.screen.pictures.Camera`. Raises Gone where there is no such desktop."""

    def __init__(self, env: Mapping[str, str] | None = None) -> None:
        env = os.environ if env is None else env
        where = (env.get("DISPLAY", ""), env.get("XAUTHORITY", ""))
        self._bus = Bus(find_address(env.get("DBUS_SESSION_BUS_ADDRESS", "")), LIMIT_S)
        self._screen = Screen(*where)
        self._display = open_display(*where)
        self._root = self._display.screen().root
        self._tops = Tops(self._bus, self._screen)
        self._reader = Reader(self._bus, {})

    def boxes(self, window: b.Handle, nodes: Mapping[str, b.Node]) -> Mapping[str, Box]:
        left, top, width, height = self._screen.box(self._xid(ref_of(window)))
        refs = [ref_of(node) for node in nodes.values()]
        shown = dict(zip(nodes, self._reader.read(refs), strict=True))
        replies = self._bus.ask([Call(ref, COMPONENT, "GetExtents", "u", (_SCREEN_COORDS,)) for ref in refs])
        found = {
            name: Box(reply[0] - left, reply[1] - top, reply[2], reply[3])
            for name, reply in zip(nodes, replies, strict=True)
            if not isinstance(reply, Failed) and shown[name].shown
        }
        return {name: box for name, box in found.items() if _fits(box, width, height)}

    def texts(self, nodes: Mapping[str, b.Node]) -> Mapping[str, str]:
        readings = self._reader.read([ref_of(node) for node in nodes.values()])
        return {name: reading.text for name, reading in zip(nodes, readings, strict=True)}

    def shoot(self, window: b.Handle, boxes: Sequence[Box]) -> Shot:
        drawn = self._display.create_resource_object("window", self._xid(ref_of(window)))
        try:
            size = drawn.get_geometry()
            if drawn.get_attributes().map_state != X.IsViewable or size.depth not in (24, 32):
                raise b.Gone("the window: it is not drawn")
            parts = tuple((box, _pixels(drawn, box)) for box in boxes)
            return Shot(size.width, size.height, parts, self._over(drawn))
        except error.XError as cause:
            raise b.Gone(f"the window: {type(cause).__name__}") from cause

    def close(self) -> None:
        self._bus.close()
        self._screen.close()
        self._display.close()

    def _xid(self, window: Ref) -> int:
        """The X window of a window of the bus."""
        known = self._tops.xid(window)
        if known is not None:
            return known
        for program in self._tops.programs():
            if program.key == window.bus:
                self._tops.windows(program)
        found = self._tops.xid(window)
        if found is None:
            raise b.Gone("the window: the X server does not show it")
        return found

    def _over(self, drawn: XWindow) -> tuple[Box, ...]:
        """What lies above the window, in its own coordinates: other windows, menus, tooltips."""
        frame = drawn
        while (parent := frame.query_tree().parent) != self._root:
            frame = parent
        stack = self._root.query_tree().children
        above = stack[[one.id for one in stack].index(frame.id) + 1 :]
        corner = self._root.translate_coords(drawn, 0, 0)
        boxes = []
        for one in above:
            told = one.get_attributes()
            if told.map_state == X.IsViewable and told.win_class == X.InputOutput:
                place = one.get_geometry()
                edge = 2 * place.border_width
                boxes.append(
                    Box(place.x - corner.x, place.y - corner.y, place.width + edge, place.height + edge)
                )
        return tuple(boxes)


def _pixels(drawn: XWindow, box: Box) -> bytes:
    strips = [
        drawn.get_image(
            box.left, y, box.width, min(_ROWS, box.top + box.height - y), X.ZPixmap, _ALL_PLANES
        ).data
        for y in range(box.top, box.top + box.height, _ROWS)
    ]
    return b"".join(strips)


def _fits(box: Box, width: int, height: int) -> bool:
    """Wholly inside its window: what a toolkit tells of a control that is scrolled away is not believed."""
    inside = (
        box.left >= 0 and box.top >= 0 and box.left + box.width <= width and box.top + box.height <= height
    )
    return inside and box.width > 0 and box.height > 0
