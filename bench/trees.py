"""What the layers of the inputs hold: files of this machine, and files made up by number."""

import os
import random
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from glob import glob
from itertools import chain

PART_SIZE = 220 * 2**20
REAL_SIZE = 2**30
CLOCK = 1_700_000_000
POOL_SIZE = 32 * 2**20


@dataclass(frozen=True, slots=True)
class Member:
    """One tar member. ``source`` is a file of this machine, the content, or a link's target."""

    path: str
    source: str | bytes
    kind: str
    """``file``, ``dir`` or ``symlink``."""
    mode: int = 0o644
    mtime: int = CLOCK


def real_layers() -> list[list[Member]]:
    """Five layers of this machine's own /etc and /usr: the same files in the same order on every run.

    Each layer takes its directories in path order, up to 220 MiB. The last one
    also deletes every 200th file of the third and rewrites a hundred of the
    first; on a machine with little in /usr it is filled up to 1 GiB in all with
    copies below ``srv/again``.
    """
    machine = sorted(glob("/usr/lib/*-linux-gnu"))
    others = sorted(set(glob("/usr/lib/*")) - set(machine))
    layers = [
        part(["/etc", "/usr/bin", "/usr/sbin"]),
        part(machine),
        part(["/usr/share"]),
        part(others),
        part(["/usr/include", "/usr/libexec", "/usr/src", "/usr/local"]),
    ]
    missing = REAL_SIZE - sum(size_of(layer) for layer in layers)
    layers[4] += deletions(layers[2][::200]) + rewrites(layers[0]) + copies(chain(*layers[:4]), missing)
    return [with_parents(layer) for layer in layers]


def part(roots: Iterable[str]) -> list[Member]:
    """Members below ``roots`` in path order, up to 220 MiB; what no longer fits is passed over."""
    taken: list[Member] = []
    room = PART_SIZE
    for path in chain.from_iterable(map(walk, roots)):
        member = from_disk(path)
        if member is None:
            continue
        size = size_of([member])
        if size <= room:
            room -= size
            taken.append(member)
    return taken


def walk(root: str) -> Iterator[str]:
    """Every path below ``root``, itself first, names sorted; links are not followed."""
    yield root
    for directory, names, files in os.walk(root):
        names.sort()
        yield from (os.path.join(directory, name) for name in sorted(names + files))


def from_disk(path: str) -> Member | None:
    """The member for a path of this machine; ``None`` for what is private, special or unreadable."""
    status = os.lstat(path)
    mode, mtime, name = stat.S_IMODE(status.st_mode), int(status.st_mtime), path.lstrip("/")
    if not name.isprintable():
        return None
    if stat.S_ISLNK(status.st_mode):
        return Member(name, os.readlink(path), "symlink", 0o777, mtime)
    if not mode & stat.S_IROTH:
        return None
    if stat.S_ISDIR(status.st_mode):
        return Member(name, b"", "dir", mode, mtime)
    return Member(name, path, "file", mode, mtime) if stat.S_ISREG(status.st_mode) else None


def size_of(members: Iterable[Member]) -> int:
    """Bytes of the regular files among ``members``."""
    return sum(
        os.path.getsize(member.source) if isinstance(member.source, str) else len(member.source)
        for member in members
        if member.kind == "file"
    )


def deletions(members: Iterable[Member]) -> list[Member]:
    """Whiteouts of the files among ``members``."""
    return [
        Member("/.wh.".join(member.path.rsplit("/", 1)), b"", "file", 0o600)
        for member in members
        if member.kind == "file"
    ]


def rewrites(members: Iterable[Member]) -> list[Member]:
    """New content for the first hundred files among ``members``."""
    files = [member for member in members if member.kind == "file"]
    return [Member(member.path, b"rewritten\n" * 50, "file") for member in files[:100]]


def copies(members: Iterable[Member], missing: int) -> list[Member]:
    """The files among ``members`` once more below ``srv/again``, until ``missing`` bytes are found."""
    taken = []
    for member in members:
        if missing <= 0:
            break
        if member.kind == "file":
            missing -= size_of([member])
            taken.append(Member(f"srv/again/{member.path}", member.source, "file", member.mode, member.mtime))
    return taken


def made_up_pool() -> bytes:
    """32 MiB of lines of words, the same on every machine, that compress about as sources do (1 : 5)."""
    dice = random.Random(2)
    words = ["".join(dice.choices("etaoinshrdlucmfwyp", k=dice.randint(2, 9))) for _ in range(1000)]
    lines = [" ".join(dice.choices(words, k=dice.randint(2, 9))) for _ in range(1500)]
    return "\n".join(dice.choices(lines, k=POOL_SIZE // 30))[:POOL_SIZE].encode()


def made_up_files(numbers: Iterable[int], pool: bytes, seed: int, largest: int = 2800) -> list[Member]:
    """Small files by number: 200 to ``largest`` bytes, 50 a directory, 40 directories a group."""
    members = []
    for number in numbers:
        dice = random.Random(seed * 1_000_003 + number)
        start, size = dice.randrange(len(pool) - largest), dice.randint(200, largest)
        members.append(Member(made_up_path(number), pool[start : start + size], "file", 0o644, CLOCK + seed))
    return members


def made_up_path(number: int) -> str:
    """Where the file of that number lies."""
    return f"srv/group{number // 2000:03}/part{number // 50 % 40:02}/file{number:06}.conf"


def with_parents(members: Iterable[Member]) -> list[Member]:
    """``members`` in path order, with a directory for every parent that has none."""
    found = {member.path: member for member in members}
    for path in list(found):
        while "/" in path:
            path = path.rpartition("/")[0]
            found.setdefault(path, Member(path, b"", "dir", 0o755))
    return [found[path] for path in sorted(found, key=lambda path: path.split("/"))]
