"""What GNU tar and bsdtar find in a tar, beside what we do: how many members, and the sizes of the files."""

import io
import random
import subprocess
import tarfile
from collections.abc import Iterator
from shutil import which
from typing import Final

from layers.oci.changeset.entry import Kind
from layers.oci.changeset.reader import read_members
from layers.oci.errors import OCIError
from tests.fuzz.targets import LIMITS

GNU: Final = ("tar", "--list", "--verbose", "--numeric-owner", "--quoting-style=escape", "--file=-")
BSD: Final = ("bsdtar", "--numeric-owner", "-tvf", "-")
SIZE_COLUMN: Final = {"tar": 2, "bsdtar": 4}
FILES: Final = "-C"
TIMEOUT: Final = 20
Found = tuple[int, tuple[int, ...]]
"""Members, and the sizes of the regular files in order of size."""

MISSING: Final = [name for name in ("tar", "bsdtar") if which(name) is None]


def listed(words: tuple[str, ...], data: bytes) -> Found | None:
    """What a program lists; None where it refuses or warns."""
    done = subprocess.run(words, input=data, capture_output=True, timeout=TIMEOUT)
    if done.returncode or done.stderr:
        return None
    lines = done.stdout.splitlines()
    column = SIZE_COLUMN[words[0]]
    files = (line for line in lines if chr(line[0]) in FILES and b" link to " not in line)
    sizes = (int(line.split()[column]) for line in files)
    return len(lines), tuple(sorted(sizes))


def read(data: bytes) -> Found | None:
    """What we read; None where we refuse."""
    try:
        members = list(read_members([data], LIMITS))
    except OCIError:
        return None
    return len(members), tuple(sorted(m.size for m in members if m.kind in (Kind.FILE, Kind.UNKNOWN)))


def generated(count: int, seed: int) -> Iterator[bytes]:
    """Sound tars: every format that is written today, names of all lengths, every type of member."""
    dice = random.Random(seed)
    for _ in range(count):
        file = io.BytesIO()
        form = dice.choice([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
        with tarfile.open(fileobj=file, mode="w", format=form) as tar:
            for _ in range(dice.randrange(1, 30)):
                tar.addfile(*drawn(dice, form))
        yield file.getvalue()


def drawn(dice: random.Random, form: int) -> tuple[tarfile.TarInfo, io.BytesIO | None]:
    """A member."""
    longest = 90 if form == tarfile.USTAR_FORMAT else 400
    name = "".join(dice.choices("abcxyz.-_ é", k=dice.randrange(1, longest)))
    info = tarfile.TarInfo("/".join(part.strip() or "p" for part in (name[:50], name[50:]) if part))
    info.type = dice.choice(b"0000000512346".decode()).encode()
    info.mode, info.mtime = dice.randrange(0o10000), dice.randrange(2**33)
    info.uid = info.gid = dice.randrange(2**21)
    if form == tarfile.PAX_FORMAT and dice.random() < 0.3:
        info.pax_headers = {"SCHILY.xattr.user.a": "b", "mtime": "1.5"}
    if info.type in (tarfile.SYMTYPE, tarfile.LNKTYPE):
        info.linkname = "t" * dice.randrange(1, longest)
    if info.type != tarfile.REGTYPE:
        return info, None
    data = dice.randbytes(dice.choice([0, 1, 511, 512, 513, 5000]))
    info.size = len(data)
    return info, io.BytesIO(data)
