"""A disk in memory that loses what was not synced when the power is cut: an adversary, not a model of a good disk.

At a cut each 512-byte sector that was written since the last sync of its file keeps any of the contents it had since
then, each on its own (so writes are reordered and torn); the length of a file is the synced one or the newest; each
change of a name (new, removed, renamed) that no sync of the folder followed is kept or undone on its own, so a removed
file may come back. What was synced stays. A disk that lies about syncing is not modelled: nothing helps against it.

It is a SQLite file system and the journal's Disk in one. It must know nothing of journals and payments.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import apsw

from tillbridge.journal.disk import Disk

SECTOR = 512
POWERSAFE_OVERWRITE = 0x1000
"""What SQLite assumes of the machine's own disks, too: a write leaves the bytes beside it alone."""


class PowerCut(BaseException):
    """The machine is off. Nobody may catch this and go on."""


@dataclass(slots=True)
class Inode:
    """One file's bytes: as they would be read now, as they were last synced, and every version in between."""

    live: bytearray = field(default_factory=bytearray)
    synced: bytes = b""
    versions: dict[int, list[bytes]] = field(default_factory=dict)
    """sector -> what it held after each write since the last sync"""

    def write(self, data: bytes, offset: int) -> None:
        if len(self.live) < offset + len(data):
            self.live.extend(bytes(offset + len(data) - len(self.live)))
        self.live[offset : offset + len(data)] = data
        for sector in range(offset // SECTOR, (offset + len(data) - 1) // SECTOR + 1):
            self.versions.setdefault(sector, []).append(self._sector(self.live, sector))

    def sync(self) -> None:
        self.synced = bytes(self.live)
        self.versions.clear()

    def after_cut(self, chance: random.Random) -> Inode:
        length = chance.choice((len(self.synced), len(self.live)))
        content = bytearray(self.synced[:length].ljust(length, b"\x00"))
        for sector, versions in self.versions.items():
            start = sector * SECTOR
            if start >= length:
                continue
            kept = chance.choice((self._sector(self.synced, sector), chance.choice(versions)))
            room = min(SECTOR, length - start)
            content[start : start + room] = kept.ljust(SECTOR, b"\x00")[:room]
        return Inode(live=content, synced=bytes(content))

    @staticmethod
    def _sector(data: bytes | bytearray, sector: int) -> bytes:
        return bytes(data[sector * SECTOR : (sector + 1) * SECTOR])


Change = tuple[str, Inode | None]
"""A name and what it leads to from now on; None: to nothing."""


@dataclass(slots=True)
class Folder:
    live: dict[str, Inode] = field(default_factory=dict)
    synced: dict[str, Inode] = field(default_factory=dict)
    changes: list[tuple[Change, ...]] = field(default_factory=list)
    """Since the last sync; those in one tuple happen together (a rename)."""

    def change(self, *together: Change) -> None:
        self.changes.append(together)
        _apply(self.live, together)

    def sync(self) -> None:
        self.synced = dict(self.live)
        self.changes.clear()

    def sync_name(self, name: str) -> None:
        """What the sync of a new file gives: its own name, nothing else that happened in the folder."""
        _apply(self.synced, ((name, self.live.get(name)),))
        others = (tuple(each for each in together if each[0] != name) for together in self.changes)
        self.changes = [together for together in others if together]

    def after_cut(self, chance: random.Random) -> Folder:
        names = dict(self.synced)
        for together in self.changes:
            if chance.random() < 0.5:
                _apply(names, together)
        kept = {name: inode.after_cut(chance) for name, inode in names.items()}
        return Folder(live=dict(kept), synced=kept)


def _apply(names: dict[str, Inode], together: tuple[Change, ...]) -> None:
    for name, inode in together:
        if inode is None:
            names.pop(name, None)
        else:
            names[name] = inode


class LossyDisk(Disk):
    """`cut_at`: the number of the change at which the power goes; None for never. `survived` is the disk afterwards.

    `in_place`: a new journal is built under its own name, as a plain program would: weaker, to show what that costs.
    """

    _count = 0

    def __init__(
        self, chance: random.Random, folder: Folder | None = None, *, in_place: bool = False
    ) -> None:
        LossyDisk._count += 1
        self.vfs = f"lossy-{LossyDisk._count}"
        self.chance = chance
        self.folder = folder or Folder()
        self.in_place = in_place
        self.cut_at: int | None = None
        self.changes = 0
        self.survived: Folder | None = None
        self.buried = False
        self._vfs = LossyVFS(self)

    @property
    def off(self) -> bool:
        return self.survived is not None

    def step(self, act: Callable[[], None]) -> None:
        """One change of the disk, or the power cut in its stead or right after it."""
        if self.buried:
            return
        if self.off:
            raise PowerCut
        self.changes += 1
        last = self.changes == self.cut_at
        if not last or self.chance.random() < 0.5:
            act()
        if last:
            self.survived = self.folder.after_cut(self.chance)
            raise PowerCut

    def bury(self) -> None:
        """The machine is off: whatever the dead process still does while it is taken apart has no effect."""
        self.buried = True

    def leave(self) -> None:
        self._vfs.unregister()

    # ---- as the journal's Disk

    def new_name(self, path: str) -> str:
        return path if self.in_place else f"{path}.new"

    def exists(self, path: str) -> bool:
        return path == "/" or path in self.folder.live

    def size(self, path: str) -> int:
        return len(self.folder.live[path].live)

    def head(self, path: str, count: int) -> bytes:
        return bytes(self.folder.live[path].live[:count])

    def remove(self, path: str) -> None:
        if path in self.folder.live and not self.in_place:
            self.step(lambda: self.folder.change((path, None)))
            self.step(self.folder.sync)

    def publish(self, new: str, path: str) -> None:
        if new == path:
            return
        if path in self.folder.live:
            raise FileExistsError(path)
        inode = self.folder.live[new]
        self.step(lambda: self.folder.change((path, inode)))
        self.step(lambda: self.folder.change((new, None)))
        self.step(self.folder.sync)

    def identity(self, path: str) -> str:
        return f"{self.vfs}:{path}"

    def doubt(self, path: str) -> str:
        return ""


class LossyVFS(apsw.VFS):
    def __init__(self, disk: LossyDisk) -> None:
        self.disk = disk
        super().__init__(disk.vfs, "")

    def xFullPathname(self, name: str) -> str:
        return name

    def xAccess(self, pathname: str, flags: int) -> bool:
        return pathname in self.disk.folder.live

    def xDelete(self, filename: str, syncdir: bool) -> None:
        self.disk.step(lambda: self.disk.folder.change((filename, None)))
        if syncdir:
            self.disk.step(self.disk.folder.sync)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        if path is None:
            return LossyFile(self.disk, Inode(), "")  # type: ignore[return-value]
        new = path not in self.disk.folder.live
        if new:
            if not flags[0] & apsw.SQLITE_OPEN_CREATE:
                raise apsw.CantOpenError(path)
            self.disk.step(lambda: self.disk.folder.change((path, Inode())))
        log = bool(flags[0] & (apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_WAL))
        flags[1] = flags[0]
        inode = self.disk.folder.live.get(path) or Inode()
        return LossyFile(self.disk, inode, path if new and log else "")  # type: ignore[return-value]


class LossyFile:
    """What SQLite holds open. `new_name`: of a log that it just made; the first sync makes that name durable."""

    def __init__(self, disk: LossyDisk, inode: Inode, new_name: str) -> None:
        self.disk, self.inode, self.new_name = disk, inode, new_name

    def xRead(self, amount: int, offset: int) -> bytes:
        return bytes(self.inode.live[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:
        self.disk.step(lambda: self.inode.write(bytes(data), offset))

    def xTruncate(self, newsize: int) -> None:
        def cut() -> None:
            del self.inode.live[newsize:]

        self.disk.step(cut)

    def xSync(self, flags: int) -> None:
        self.disk.step(self.inode.sync)
        if self.new_name:
            self.disk.step(lambda: self.disk.folder.sync_name(self.new_name))
            self.new_name = ""

    def xFileSize(self) -> int:
        return len(self.inode.live)

    def xClose(self) -> None:
        """Closing a file changes nothing on a disk."""

    def xLock(self, level: int) -> None:
        """One process has this disk."""

    def xUnlock(self, level: int) -> None:
        """One process has this disk."""

    def xCheckReservedLock(self) -> bool:
        return False

    def xFileControl(self, op: int, ptr: int) -> bool:
        return False

    def xSectorSize(self) -> int:
        return 4096

    def xDeviceCharacteristics(self) -> int:
        return POWERSAFE_OVERWRITE
