"""The same tar for us and for bsdtar: where both take it, the members are the same."""

import subprocess
from shutil import which
from typing import Final

from layers.oci.changeset.entry import Kind, Member
from layers.oci.changeset.reader import read_members
from layers.oci.errors import OCIError
from tests.fuzz.targets import LIMITS

BSDTAR: Final = which("bsdtar")
TIMEOUT: Final = 10


def theirs(data: bytes) -> list[bytes] | None:
    """The paths that bsdtar lists; None where it refuses or warns."""
    done = subprocess.run([BSDTAR or "bsdtar", "-tf", "-"], input=data, capture_output=True, timeout=TIMEOUT)
    return None if done.returncode or done.stderr else done.stdout.splitlines()


def ours(data: bytes) -> list[Member] | None:
    """The members that we read; None where we refuse."""
    try:
        return list(read_members([data], LIMITS))
    except OCIError:
        return None


def disagreement(data: bytes) -> str:
    """Where the two find another number of members in a tar that both take; empty where they agree.

    We may be stricter. What bsdtar cannot show on a line, a member that it
    hides (a Mac OS X resource fork), and an archive of a format that it reads
    beside tar are left out.
    """
    if data[257:262] != b"ustar":
        return ""
    mine, other = ours(data), theirs(data)
    if mine is None or other is None:
        return ""
    if any(b"\n" in member.path or b"\\" in member.path or not member.path for member in mine):
        return ""
    if any(member.path.rpartition(b"/")[2].startswith(b"._") for member in mine):
        return ""
    known = [member for member in mine if member.kind is not Kind.UNKNOWN]
    if len(other) in (len(mine), len(known)):
        return ""
    return f"bsdtar lists {len(other)} members, we read {len(mine)}"
