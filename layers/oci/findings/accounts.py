"""Users and groups of a file system, and what became of them between two layers."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from layers.oci.packages.package import field

PASSWD, GROUP, SHADOW = b"etc/passwd", b"etc/group", b"etc/shadow"
FILES: Final = (PASSWD, GROUP, SHADOW)
LARGEST: Final = 1024 * 1024
MOST: Final = 10_000
NO_LOGIN: Final = ("nologin", "false", "sync", "halt", "shutdown", "")
HASHED: Final = ("$", "_")


class User(NamedTuple):
    """An account, as ``passwd`` and ``shadow`` have it; never its password's hash."""

    name: str
    uid: str
    gid: str
    home: str
    shell: str
    password: str
    """``hash``, ``empty`` for one that lets everybody in, or nothing for a locked one."""

    @property
    def can_log_in(self) -> bool:
        """Whether it has a shell to work in."""
        return self.shell.rpartition("/")[2] not in NO_LOGIN


class Group(NamedTuple):
    """A group and who is in it."""

    name: str
    gid: str
    members: str


class Accounts(NamedTuple):
    """All of them, by name."""

    users: Mapping[str, User]
    groups: Mapping[str, Group]


class AccountChange(NamedTuple):
    """What happened to one."""

    kind: str
    """``A``, ``C`` or ``D``."""
    before: User | Group | None
    after: User | Group | None


def read_accounts(passwd: bytes, group: bytes, shadow: bytes) -> Accounts:
    """From the bytes of the three files, each empty where it is missing."""
    hashes = {words[0]: words[1] for words in rows(shadow, 2)}
    users = {
        words[0]: User(
            words[0], words[2], words[3], words[5], words[6], password_of(hashes.get(words[0], words[1]))
        )
        for words in rows(passwd, 7)
    }
    groups = {words[0]: Group(words[0], words[2], words[3]) for words in rows(group, 4)}
    return Accounts(users, groups)


def rows(data: bytes, count: int) -> Iterator[list[str]]:
    """The lines that have so many fields; comments and what NIS adds are none."""
    for line in data[:LARGEST].split(b"\n")[:MOST]:
        words = [field(word) for word in line.split(b":")]
        if len(words) >= count and words[0] and words[0][0] not in "#+-":
            yield words


def password_of(text: str) -> str:
    """What a password field is, without telling the hash.

    >>> password_of("$y$j9T$x$y"), password_of("!"), password_of("x"), password_of("")
    ('hash', '', '', 'empty')
    """
    if not text:
        return "empty"
    is_old = len(text) == 13 and text.isascii() and all(c.isalnum() or c in "./" for c in text)
    return "hash" if text.startswith(HASHED) or is_old else ""


def changes_between(before: Accounts, after: Accounts) -> Iterator[AccountChange]:
    """Users, then groups, each by name."""
    yield from _changes(before.users, after.users)
    yield from _changes(before.groups, after.groups)


def _changes(
    before: Mapping[str, User] | Mapping[str, Group], after: Mapping[str, User] | Mapping[str, Group]
) -> Iterator[AccountChange]:
    names: Iterable[str] = sorted({*before, *after})
    for name in names:
        old, new = before.get(name), after.get(name)
        if old != new:
            yield AccountChange("A" if old is None else "D" if new is None else "C", old, new)


def is_notable(user: User) -> bool:
    """Whether an account of a base image is worth telling: a second root, or one to log in with."""
    return (
        (user.uid == "0" and user.name != "root")
        or user.password != ""
        or (user.can_log_in and user.name != "root")
    )
