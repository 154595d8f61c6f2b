"""The few things the journal asks of a file system beside SQLite's own reading and writing.

One small object, so that a simulated disk with power cuts can stand in its place. It knows nothing of payments.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import sys
from pathlib import Path

from tillbridge.domain.errors import JournalError

RAM_DISKS = frozenset({"tmpfs", "ramfs", "rootfs", "devtmpfs"})
NETWORK_SHARES = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "fuse.sshfs", "fuse.glusterfs", "davfs"}
)


NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
"""What file systems without hard links say. Then the name is looked at first, and taken by renaming."""


class Disk:
    """The machine's own files. `vfs`: the name of the SQLite file system that belongs to it, empty for the normal."""

    vfs = ""

    def new_name(self, path: str) -> str:
        """Where a journal is built before it gets its name: what has the name is always complete.

        One per process, so that two that begin at the same moment do not build in the same file.
        """
        return f"{path}.new-{os.getpid()}"

    def exists(self, path: str) -> bool:
        return Path(path).exists()

    def size(self, path: str) -> int:
        return Path(path).stat().st_size

    def head(self, path: str, count: int) -> bytes:
        with Path(path).open("rb") as file:
            return file.read(count)

    def remove(self, path: str) -> None:
        """Remove a file if it is there, durably."""
        if self.exists(path):
            Path(path).unlink()
            self.sync_folder(path)

    def publish(self, new: str, path: str) -> None:
        """Give the complete file `new` its name, durably. Raises FileExistsError if that name is taken."""
        if sys.platform == "win32":
            Path(new).rename(path)
            return
        try:
            os.link(new, path)
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise
            if self.exists(path):
                raise FileExistsError(path) from error
            Path(new).replace(path)
        else:
            Path(new).unlink()
        self.sync_folder(path)

    def replace(self, new: str, path: str) -> None:
        """As `publish`, but what had that name is gone."""
        Path(new).replace(path)
        self.sync_folder(path)

    def copy(self, source: str, target: str) -> None:
        """A durable copy; raises FileExistsError rather than writing over anything."""
        with Path(source).open("rb") as old, Path(target).open("xb") as new:
            shutil.copyfileobj(old, new)
        self.sync(target)

    def sync(self, path: str) -> None:
        """Make a file and its name durable."""
        with Path(path).open("rb+") as file:
            os.fsync(file.fileno())
        self.sync_folder(path)

    def sync_folder(self, path: str) -> None:
        if sys.platform == "win32":  # NTFS keeps its names in a log of its own; there is no such call
            return
        folder = os.open(Path(path).parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def identity(self, path: str) -> str:
        """One name for one file, however it is written."""
        return str(Path(path).resolve())

    def doubt(self, path: str) -> str:
        """`ram_disk`, `network_share`, or empty: where a journal must not live, as far as it can be seen."""
        return doubt_of(file_system(path), path)


def doubt_of(kind: str, path: str) -> str:
    """`kind`: a file system's name as Linux gives it, or empty."""
    if kind in NETWORK_SHARES or path.startswith(("\\\\", "//")):
        return "network_share"
    return "ram_disk" if kind in RAM_DISKS else ""


def file_system(path: str) -> str:
    """The kind of file system a path is on, where the machine tells (Linux), else empty."""
    table = Path("/proc/self/mounts")
    if not table.exists():
        return ""
    wanted = Path(path).resolve()
    found: tuple[int, str] = (-1, "")
    for line in table.read_text(encoding="utf-8", errors="replace").splitlines():
        _, mount, kind, *_ = line.split(" ")
        mount = re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), mount)
        if wanted.is_relative_to(mount) and len(mount) >= found[0]:
            found = (len(mount), kind)
    return found[1]


def os_trouble(error: OSError, path: str) -> JournalError:
    """What an error of the operating system means for a journal. The caller raises it from the error."""
    if isinstance(error, FileNotFoundError):
        return JournalError("missing", path=path)
    if isinstance(error, FileExistsError):
        return JournalError("name_taken", path=path)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return JournalError("disk_full", path=path)
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return JournalError("read_only", path=path)
    return JournalError("disk_failed", path=path)
