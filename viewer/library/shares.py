"""Whether a folder lies on a network share, where SQLite's shared memory does not work."""

from __future__ import annotations

import os
from pathlib import Path

NETWORK_TYPES = frozenset(
    {
        "9p", "afp", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "fuse.davfs",
        "fuse.glusterfs", "fuse.s3fs", "fuse.smbnetfs", "fuse.sshfs", "glusterfs", "lustre",
        "ncpfs", "nfs", "nfs4", "orangefs", "pvfs2", "smb3", "smbfs",
    }
)  # fmt: skip
_MOUNTS = Path("/proc/self/mountinfo")
_REMOTE_DRIVE = 4  # GetDriveType: DRIVE_REMOTE


def on_network_share(folder: Path) -> bool:
    """Whether `folder` is on another machine, as far as the system says."""
    if os.name == "nt":
        return _is_remote_drive(folder)
    try:
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return False
    return file_system_of(os.path.realpath(folder), mounts) in NETWORK_TYPES


def file_system_of(path: str, mounts: str) -> str:
    """The type of file system at `path`, from the text of /proc/self/mountinfo (proc(5))."""
    best, found = "", ""
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) < 5 or not after:
            continue
        point = _unescaped(fields[4])
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):  # a later mount hides an earlier one
            best, found = point, after.split(" ")[0]
    return found


def _unescaped(field: str) -> str:
    for octal, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        field = field.replace(octal, character)
    return field


def _is_remote_drive(folder: Path) -> bool:
    path = os.path.abspath(folder)
    if path.startswith("\\\\"):
        return True
    import ctypes

    windll = getattr(ctypes, "windll", None)
    drive = os.path.splitdrive(path)[0] + "\\"
    return windll is not None and windll.kernel32.GetDriveTypeW(drive) == _REMOTE_DRIVE
