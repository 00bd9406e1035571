"""A Dockerfile that makes the changes of an upper directory again: the way out of a commit.

``COPY`` brings what people can read and edit: files of root with usual modes. What
it cannot carry (owners, links, special modes and files) comes after it in a tar,
which ``ADD`` unpacks as it is.
"""

import re
import shlex
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from layers.oci.changeset.entry import Kind, Member
from layers.oci.changeset.paths import ancestors, join
from layers.oci.unionfs.mergedview import MergedView, UpperEntry

TREE: Final = b"rootfs"
"""The directory of the build context that is copied to the root."""
REST: Final = b"rest.tar"
DOCKERFILE: Final = b"Dockerfile"
ROOT_USERS: Final = re.compile(r"(?:root|0)(?::(?:root|0))?|")
FILE_MODES: Final = (0o644, 0o755)
DIRECTORY_MODES: Final = (0o755,)
DELETIONS: Final = (Kind.WHITEOUT, Kind.OPAQUE)
AGAIN: Final = " \\\n    "


@dataclass(frozen=True, slots=True)
class Recipe:
    """What the Dockerfile has to do, and with which files."""

    removed: Sequence[bytes]
    """Paths to delete first."""
    plain: Sequence[Member]
    """For ``COPY``, their directories among them."""
    rest: Sequence[Member]
    """For ``ADD``."""

    def dockerfile(
        self, base: str, *, user: str = "", remarks: Sequence[str] = (), lines: Sequence[str] = ()
    ) -> str:
        """The text: ``user`` is whom the base runs as, ``lines`` are for the config."""
        found = [*(f"# {line}" for remark in remarks for line in remark.splitlines()), f"FROM {base}"]
        if self.removed:
            found += as_root([f"RUN rm -rf {AGAIN.join(map(shell_word, self.removed))}"], user)
        if self.plain:
            found.append(f"COPY {TREE.decode()}/ /")
        if self.rest:
            found.append("# What COPY cannot carry: owners, links, special modes and files.")
            found.append(f"ADD {REST.decode()} /")
        return "\n".join([*found, *lines]) + "\n"


def recipe_of(view: MergedView, members: Collection[Member]) -> Recipe:
    """The recipe for the members of a layer that the upper in ``view`` makes."""
    paths = {member.path for member in members}
    made = [member for member in members if member.kind not in DELETIONS]
    targets = {member.linkname for member in made if member.kind is Kind.HARDLINK}
    plain = {
        member.path: member
        for member in made
        if member.path not in targets and is_plain(member) and not is_changed_directory(view, member)
    }
    files = [member for member in plain.values() if member.kind is not Kind.DIRECTORY or is_new(view, member)]
    needed = {above for member in files for above in ancestors(member.path) if above}
    parents = [member for member in made if member.path in needed]
    copied = {member.path: member for member in [*parents, *files]}
    rest = [member for member in made if member.path not in plain]
    return Recipe(
        [path for path in sorted(paths) if is_removed(view, view.own(path))],
        [copied[path] for path in sorted(copied)],
        rest,
    )


def is_plain(member: Member) -> bool:
    """Whether ``COPY`` brings the member as it is."""
    if member.uid or member.gid or (member.extra and member.extra.xattrs):
        return False
    if member.kind is Kind.FILE:
        return member.mode in FILE_MODES
    return member.kind is Kind.SYMLINK or (member.kind is Kind.DIRECTORY and member.mode in DIRECTORY_MODES)


def is_new(view: MergedView, member: Member) -> bool:
    return view.showing(member.path) is None or is_removed(view, view.own(member.path))


def is_changed_directory(view: MergedView, member: Member) -> bool:
    """Whether the image has the directory with another mode or owner, of which builders make this or that."""
    image = view.showing(member.path)
    if image is None or member.kind is not Kind.DIRECTORY or image.kind is not Kind.DIRECTORY:
        return False
    return (image.mode, image.uid, image.gid) != (member.mode, member.uid, member.gid)


def is_removed(view: MergedView, own: UpperEntry | None) -> bool:
    """Whether what the image has there must go before the new comes: it would shine through or block it."""
    image = view.showing(own.path) if own is not None else None
    if own is None or image is None:
        return False
    return own.kind is Kind.WHITEOUT or own.opaque or (own.kind is not image.kind)


def as_root(lines: Sequence[str], user: str) -> list[str]:
    """The lines, run by root whoever the image runs as."""
    return list(lines) if ROOT_USERS.fullmatch(user) else ["USER 0:0", *lines, f"USER {user}"]


def shell_word(path: bytes) -> str:
    """The absolute path as one word of a POSIX shell.

    >>> print(shell_word(b"etc/motd"), shell_word(b"it's"), shell_word(b"caf\\xe9"))
    /etc/motd '/it'"'"'s' "$(printf '/caf\\351')"
    """
    try:
        text = "/" + path.decode()
    except UnicodeDecodeError:
        text = ""
    if text.isprintable() and text:
        return shlex.quote(text)
    letters = (chr(byte) if 32 < byte < 127 and byte not in b"'\\%" else f"\\{byte:03o}" for byte in path)
    return f"\"$(printf '/{''.join(letters)}')\""


def in_context(member: Member) -> Member:
    """A member to be copied, at its place in the build context."""
    return member._replace(path=join(TREE, member.path))


def parent_directories(members: Collection[Member]) -> list[Member]:
    """Directories that stand above members without being among them, as a context needs."""
    known = {member.path for member in members}
    missing = {above for path in known for above in ancestors(path) if above} - known
    return [Member(path, Kind.DIRECTORY, 0o755, 0, 0, 0, 0, 0, None, None, None) for path in sorted(missing)]
