"""Edits drawn by chance, each as an operation of ours and as a line of shell that does the same in docker."""

import io
import random
import shlex
import tarfile
from collections.abc import Callable
from typing import Final, NamedTuple

from layers.models import Container
from layers.oci.changeset.entry import Entry, Kind
from layers.oci.changeset.paths import join
from layers.operations.edit_container import (
    change_mode,
    change_owner,
    copy_path,
    make_directory,
    make_symlink,
    move_path,
    remove_paths,
)
from layers.operations.undo_edit import redo, undo
from layers.operations.write_file import write_file
from layers.queries.container_tree import container_walk

SHELL: Final = (b"bin", b"sbin", b"lib", b"lib64", b"usr/bin", b"usr/sbin", b"usr/lib")
"""What runs the lines."""
MADE: Final = (b"dev", b"proc", b"sys", b"etc/hosts", b"etc/hostname", b"etc/resolv.conf", b"etc/mtab")
"""What docker puts over an image."""
KEPT: Final = (b"usr", b"etc")
"""What leads to those."""
ODD_NAMES: Final = (b"a", b"b c", b"n.txt", "é".encode(), b"caf\xe9", b"-dash", b"%2F", b"$x", b"z'")
NAMES: Final = (*ODD_NAMES, b"er", b"deep", b"plain", b"empty", b"srv")
MODES: Final = (0o600, 0o644, 0o755, 0o700, 0o4755, 0o2755, 0o1777, 0)
OWNERS: Final = ((0, 0), (33, 33), (101, 0), (65534, 65534), (4000000, 7))
OLD: Final = 1_700_000_000


def odd_layer() -> bytes:
    """A layer with what edits trip over: modes, owners, links of both kinds, nested directories."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, mode, owner in (
            ("srv", 0o755, 0),
            ("srv/deep", 0o750, 33),
            ("srv/deep/er", 0o755, 0),
            ("srv/deep/er/est", 0o711, 101),
            ("srv/setgid", 0o2775, 50),
            ("srv/sticky", 0o1777, 0),
            ("srv/empty", 0o700, 7),
        ):
            add(tar, name, mode=mode, uid=owner, gid=owner, type=tarfile.DIRTYPE)
        for name, mode, owner in (
            ("srv/plain", 0o644, 0),
            ("srv/tool", 0o4755, 0),
            ("srv/group", 0o2755, 50),
            ("srv/locked", 0, 33),
            ("srv/deep/one", 0o640, 33),
            ("srv/deep/er/two", 0o644, 0),
            ("srv/deep/er/est/three", 0o444, 101),
            ("srv/setgid/four", 0o664, 50),
            ("srv/sticky/na me", 0o644, 0),
        ):
            add(tar, name, mode=mode, uid=owner, gid=owner)
        for name, target in (
            ("srv/way", "deep/er"),
            ("srv/root", "/srv/deep"),
            ("srv/nowhere", "none/at all"),
        ):
            add(tar, name, mode=0o777, type=tarfile.SYMTYPE, linkname=target)
        for name in ("srv/twin", "srv/deep/twin"):
            add(tar, name, type=tarfile.LNKTYPE, linkname="srv/plain")
    return file.getvalue()


def add(tar: tarfile.TarFile, name: str, **fields: object) -> None:
    member, content = tarfile.TarInfo(name), f"{name}\n".encode() * 3
    member.mtime = OLD
    for field, value in fields.items():
        setattr(member, field, value)
    if member.isreg():
        member.size = len(content)
    tar.addfile(member, io.BytesIO(content) if member.isreg() else None)


class Step(NamedTuple):
    """One edit."""

    operation: Callable[..., object]
    words: dict[str, object]
    line: str


class Editing:
    """Draws edits that a file system would carry out, and carries them out in a container of ours."""

    def __init__(self, container: Container, seed: int) -> None:
        self.container, self.draw = container, random.Random(seed)
        self.lines: list[str] = []
        self.number = 0

    def edit(self, count: int) -> str:
        """As many edits; the script of those that were not undone."""
        while len(self.lines) < count:
            step = self.draw.choice(DRAWN)(self)
            if step is None:
                continue
            step.operation(container=self.container, **step.words)
            fate = self.draw.random()
            if fate < 0.15:
                undo(container=self.container)
            if fate < 0.05:
                redo(container=self.container)
            if not 0.05 <= fate < 0.15:
                self.lines.append(step.line)
        return "\n".join(["set -e", *self.lines])

    # --- what there is --------------------------------------------------------------------

    def paths(self, *kinds: Kind, spare: tuple[bytes, ...] = ()) -> list[bytes]:
        return [path for path, entry in self.seen().items() if entry.kind in kinds and path not in spare]

    def seen(self) -> dict[bytes, Entry]:
        rows = container_walk(self.container)
        return {row.path: row.entry for row in rows if not is_below(row.path, SHELL + MADE)}

    def one(self, *kinds: Kind) -> bytes | None:
        """A path; those of the odd layer more often."""
        paths = self.paths(*kinds, spare=KEPT)
        near = [path for path in paths if is_below(path, (b"srv",))]
        if not paths:
            return None
        return self.draw.choice(near if near and self.draw.random() < 0.7 else paths)

    def free(self) -> bytes:
        """A path at which nothing is, in a directory that is there."""
        seen = self.seen()
        directories = [b"", *(path for path, entry in seen.items() if entry.kind is Kind.DIRECTORY)]
        while True:
            path = join(self.draw.choice(directories), self.draw.choice(NAMES))
            if path not in seen and not is_below(path, SHELL + MADE):
                return path

    def spelled(self, path: bytes) -> bytes:
        """The path, or the same one through a symlink to its directory."""
        links = {b"srv/deep/er/": b"srv/way/", b"srv/deep/": b"srv/root/"}
        seen = self.seen()
        for real, link in links.items():
            entry = seen.get(link[:-1])
            if path.startswith(real) and entry is not None and entry.kind is Kind.SYMLINK:
                return link + path[len(real) :] if self.draw.random() < 0.5 else path
        return path

    def text(self) -> bytes:
        self.number += 1
        return b"text %d\n" % self.number if self.draw.random() < 0.9 else b""

    # --- edits ------------------------------------------------------------------------------

    def write(self) -> Step | None:
        path = self.one(Kind.FILE) if self.draw.random() < 0.5 else self.free()
        return None if path is None else self.written(self.spelled(path))

    def written(self, path: bytes) -> Step:
        data = self.text()
        return Step(write_file, {"path": path, "data": data}, f"printf %s {quoted(data)} > {at(path)}")

    def mkdir(self) -> Step:
        path = join(self.free(), b"below") if self.draw.random() < 0.3 else self.free()
        words = {"path": self.spelled(path), "parents": True}
        return Step(make_directory, words, f"mkdir -p {at(words['path'])}")

    def symlink(self) -> Step:
        path, target = self.free(), self.draw.choice((b"plain", b"/srv", b"../none", b"a b"))
        return Step(make_symlink, {"path": path, "target": target}, f"ln -s {quoted(target)} {at(path)}")

    def remove(self) -> Step | None:
        path = self.one(Kind.FILE, Kind.SYMLINK, Kind.DIRECTORY)
        return path and Step(remove_paths, {"paths": [path]}, f"rm -rf {at(path)}")

    def replace(self) -> Step | None:
        """Something else where a directory of the image was, in one line."""
        path = self.one(Kind.DIRECTORY)
        if path is None:
            return None
        remove_paths(container=self.container, paths=[path])
        self.lines.append(f"rm -rf {at(path)}")
        if self.draw.random() < 0.5:
            return self.written(path)
        return Step(make_directory, {"path": path}, f"mkdir {at(path)}")

    def move(self) -> Step | None:
        source, target = self.one(Kind.FILE, Kind.SYMLINK, Kind.DIRECTORY), self.free()
        if source is None or is_below(target, (source,)):
            return None
        return Step(move_path, {"source": source, "target": target}, f"mv {at(source)} {at(target)}")

    def move_over(self) -> Step | None:
        source, target = self.one(Kind.FILE), self.one(Kind.FILE)
        if source is None or target is None or self.seen()[source].sha256 == self.seen()[target].sha256:
            return None
        words = {"source": source, "target": target, "replace": True}
        return Step(move_path, words, f"mv -f {at(source)} {at(target)}")

    def copy(self) -> Step | None:
        source, target = self.one(Kind.FILE, Kind.SYMLINK, Kind.DIRECTORY), self.free()
        if source is None or is_below(target, (source,)):
            return None
        return Step(copy_path, {"source": source, "target": target}, f"cp -a {at(source)} {at(target)}")

    def chmod(self) -> Step | None:
        path, mode = self.one(Kind.FILE, Kind.DIRECTORY), self.draw.choice(MODES)
        recursive = self.draw.random() < 0.3
        words = {"paths": [path], "mode": mode, "recursive": recursive}
        return path and Step(change_mode, words, f"chmod {'-R ' * recursive}{mode:04o} {at(path)}")

    def chown(self) -> Step | None:
        path, (uid, gid) = self.one(Kind.FILE, Kind.DIRECTORY, Kind.SYMLINK), self.draw.choice(OWNERS)
        recursive = self.draw.random() < 0.3
        words = {"paths": [path], "uid": uid, "gid": gid, "recursive": recursive}
        return path and Step(change_owner, words, f"chown -h {'-R ' * recursive}{uid}:{gid} {at(path)}")


DRAWN: Final = (
    *(Editing.write, Editing.write, Editing.mkdir, Editing.symlink, Editing.remove, Editing.replace),
    *(Editing.move, Editing.move_over, Editing.copy, Editing.chmod, Editing.chown),
)


def is_below(path: bytes, tops: tuple[bytes, ...]) -> bool:
    """Whether the path is one of those, or below one."""
    return any(path == top or path.startswith(top + b"/") for top in tops)


def at(path: bytes) -> str:
    return quoted(b"/" + path)


def quoted(text: bytes) -> str:
    """One word of shell; what is no text is spelled in octal, as docker hands words on as JSON."""
    if text.isascii() and text.strip(b"\n") == text:
        return shlex.quote(text.decode())
    octal = "".join(f"\\{byte:03o}" for byte in text)
    # A substitution loses line ends at its end.
    return f"\"$(printf '{octal}')\"" if not text.endswith(b"\n") else f"\"$(printf '{octal}')\n\""
