"""Dialogs that come up during a flow: known ones are answered as the pack says, anything else stops.

A dialog is known by its whole text, its exact buttons and the moment it comes. What it means for the posting is
handed on; it never stands in for the look into the ledger.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from tillbridge.domain.errors import OperatorError, PackError
from tillbridge.flows.pack import DialogMeans, DialogSpec, During
from tillbridge.flows.scene import Scene
from tillbridge.flows.templates import one_line
from tillbridge.screen.backend import Act, DialogText, Gone, Press, Window

_GONE_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Met:
    """A dialog that was met and answered."""

    spec: DialogSpec
    text: str


class DialogRetry(Exception):
    """The pack says: closed it, wait, and start over."""

    def __init__(self, met: Met) -> None:
        super().__init__(met.spec.id)
        self.met = met


class Dialogs:
    """Meets the dialogs of one run. `do` carries out one act; `note` writes the transcript. `keep_rest`: a person
    decided that what was taken beyond the balance is kept as credit."""

    def __init__(
        self, scene: Scene, do: Callable[[Act], object], note: Callable[..., None], *, keep_rest: bool = False
    ) -> None:
        self.keep_rest = keep_rest
        self.scene = scene
        self.do = do
        self.note = note
        self.met: list[Met] = []

    def clear(self, *during: During) -> bool:
        """Answer every dialog on the screen that is known for one of these moments. True if there was one.

        Raises OperatorError (`dialog_in_the_way`, or the reason the pack gives) and DialogRetry.
        """
        some = False
        while stranger := self._topmost():
            some = True
            self.meet(stranger, during)
        return some

    def refuse(self) -> None:
        """For a flow that touches nothing: any dialog stops it. Raises OperatorError `dialog_in_the_way`."""
        stranger = self._topmost()
        if stranger is None:
            return
        said = self.scene.pace.patiently(lambda: self.scene.backend.dialog(stranger.handle))
        text = one_line(" ".join(said.texts))
        raise OperatorError("dialog_in_the_way", title=stranger.title, text=text)

    def _topmost(self) -> Window | None:
        strangers = self.scene.glance().strangers
        return next((window for window in strangers if window.enabled), None) or next(iter(strangers), None)

    def meet(self, window: Window, during: tuple[During, ...]) -> None:
        """One dialog, by the pack's policy."""
        try:
            said = self.scene.pace.patiently(lambda: self.scene.backend.dialog(window.handle))
        except Gone:
            return  # it went by itself between the look and the reading
        text = one_line(" ".join(said.texts))
        spec = self.known(said, during)
        if spec is None:
            buttons = " | ".join(button.name for button in said.buttons)
            self.note(
                "unknown dialog", title=window.title, text=text, buttons=buttons, during=" ".join(during)
            )
            raise OperatorError("dialog_in_the_way", title=window.title, text=text, buttons=buttons)
        if self.keep_rest and spec.keeps_rest:
            spec = replace(spec, press=spec.keeps_rest, means="nothing", reason="")
        self.note("dialog", dialog=spec.id, text=text, do=spec.do, press=spec.press, means=spec.means)
        met = Met(spec, text)
        self.met.append(met)
        if spec.do == "stop":
            raise OperatorError(spec.reason or "dialog_in_the_way", dialog=spec.id, text=text)
        self._press(window, said, spec)
        if during == ("before_commit",):
            self._end_of_run(met)

    def _end_of_run(self, met: Met) -> None:
        """Before the commit some answers end the run: to be begun anew later, or for good."""
        if met.spec.do == "retry":
            raise DialogRetry(met)
        if met.spec.do == "refuse":
            raise OperatorError(met.spec.reason, text=met.text)

    def known(self, said: DialogText, during: tuple[During, ...]) -> DialogSpec | None:
        """The pack's dialog with exactly this text and these buttons, expected at one of these moments."""
        names = sorted(button.name for button in said.buttons)
        for spec in self.scene.pack.dialogs:
            if spec.during & set(during) and sorted(spec.buttons) == names and self._says(spec, said):
                return spec
        return None

    def _says(self, spec: DialogSpec, said: DialogText) -> bool:
        whole = " ".join(said.texts)
        return any(text.match(whole, self.scene.pack.formats) is not None for text in spec.texts)

    def _press(self, window: Window, said: DialogText, spec: DialogSpec) -> None:
        node = next(button.node for button in said.buttons if button.name == spec.press)
        self.do(Press(node, opens=True))
        handle = window.handle

        def gone() -> bool | None:
            windows = self.scene.backend.windows(self.scene.program)
            return True if all(one.handle != handle or not one.shown for one in windows) else None

        if self.scene.pace.until(gone, _GONE_WITHIN_S) is None:
            raise PackError("dialog_stays", dialog=spec.id, press=spec.press)

    def means(self) -> DialogMeans:
        """What the dialogs so far said about this posting; a contradiction is a doubt."""
        said = {met.spec.means for met in self.met} - {"nothing"}
        if not said:
            return "nothing"
        return said.pop() if len(said) == 1 else "doubt"

    def reason(self) -> tuple[str, str]:
        """Reason and text of the last dialog that had one: others may have come while the window was left."""
        said = ((met.spec.reason, met.text) for met in reversed(self.met) if met.spec.reason)
        return next(said, ("", ""))
