"""What a disk may have lost of all that a process did, from a log of its system calls.

A file's bytes are safe once it is synced after its last write, its name once its
directory is synced after the rename or the making of it. All else may be gone
after a power cut.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

CALLS: Final = (
    "openat,write,pwrite64,ftruncate,fallocate,copy_file_range,rename,renameat,renameat2,link,linkat,"
    "mkdir,unlink,unlinkat,fsync,fdatasync"
)
LINE: Final = re.compile(r"(\d+) +(?:<\.\.\. )?(\w+)(?:\(| resumed>)(.*)")
NAMES: Final = re.compile(r'\d+<([^>]*)>|"((?:[^"\\]|\\.)*)"')
WRITES: Final = ("write", "pwrite64", "ftruncate", "fallocate")
UNFINISHED: Final = "<unfinished ...>"


@dataclass(frozen=True, slots=True)
class Call:
    """A system call that succeeded, and the paths it names."""

    name: str
    paths: tuple[str, ...]
    creates: bool = False


def calls(log: str) -> Iterator[Call]:
    """The calls of a log of ``strace -f -y``, each where it ended."""
    begun: dict[str, str] = {}
    for line in log.splitlines():
        match = LINE.match(line)
        if match is None:
            continue
        process, name, rest = match.groups()
        if rest.endswith(UNFINISHED):
            begun[process] = rest.removesuffix(UNFINISHED)
            continue
        words = begun.pop(process, "") + rest
        arguments, _, result = words.rpartition(" = ")
        if not result.startswith("-1"):
            paths = tuple(left or right for left, right in NAMES.findall(arguments))
            yield Call(name, paths, "O_CREAT" in arguments)


@dataclass
class Disk:
    """What is not safe yet, as the calls come in."""

    bytes: set[str] = field(default_factory=set)
    """Files with bytes that may be lost."""
    names: set[str] = field(default_factory=set)
    """Files and directories whose name may be lost."""

    def take(self, call: Call) -> None:
        first, last = call.paths[0], call.paths[-1]
        if call.name in WRITES:
            self.bytes.add(first)
        elif call.name == "copy_file_range":
            self.bytes.add(last)
        elif call.name in ("fsync", "fdatasync"):
            self.bytes.discard(first)
            self.names -= {name for name in self.names if str(Path(name).parent) == first}
        elif call.name == "mkdir" or (call.name == "openat" and call.creates):
            self.names.add(last)
        elif call.name.startswith(("rename", "link")):
            self._rename(first, last)

    def _rename(self, source: str, target: str) -> None:
        if source in self.bytes:
            self.bytes.add(target)
        else:
            self.bytes.discard(target)
        self.names.add(target)
