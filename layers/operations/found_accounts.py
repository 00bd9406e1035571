"""Users and groups that a layer added, changed or removed, as findings."""

from collections.abc import Iterator, Sequence

from layers.models import Chain, Finding
from layers.oci.changeset.entry import Kind
from layers.oci.changeset.paths import split
from layers.oci.errors import OCIError
from layers.oci.findings.accounts import (
    FILES,
    GROUP,
    LARGEST,
    PASSWD,
    AccountChange,
    Accounts,
    Group,
    User,
    changes_between,
    is_notable,
    read_accounts,
)
from layers.queries.directories import directory_rows, merged, shining_through
from layers.queries.files import ContentMissing, open_entry
from layers.queries.findings import USER


def account_findings(chain: Chain) -> Iterator[Finding]:
    """What the top layer of a chain did; of the lowest one only the accounts that are worth a look."""
    here = account_files(chain.lineage)
    below = account_files(chain.lineage[:-1])
    if {path: found[:2] for path, found in here.items()} == {
        path: found[:2] for path, found in below.items()
    }:
        return
    after, before = accounts_of(here), accounts_of(below)
    for change in changes_between(before, after):
        is_base = not below and not before.users
        if not is_base or (isinstance(change.after, User) and is_notable(change.after)):
            yield _finding(chain, change)


def account_files(lineage: Sequence[int]) -> dict[bytes, tuple[int, int, bytes]]:
    """The files that say who there is: number of the entry, layer, and bytes."""
    found = {}
    names = merged(shining_through(directory_rows(lineage, b"etc")))
    for path in FILES:
        entry, position = names.get(split(path)[1], (None, -1))
        if entry is not None and entry.kind is Kind.FILE:
            layer = Chain.objects.select_related("layer").get(pk=lineage[position]).layer
            try:
                found[path] = entry.number, position, open_entry(entry, layer).read(0, LARGEST)
            except (ContentMissing, OCIError):
                continue
    return found


def accounts_of(files: dict[bytes, tuple[int, int, bytes]]) -> Accounts:
    passwd, group, shadow = (files[path][2] if path in files else b"" for path in FILES)
    return read_accounts(passwd, group, shadow)


def _finding(chain: Chain, change: AccountChange) -> Finding:
    account = change.after or change.before
    assert account is not None
    detail: dict[str, object] = {"change": change.kind, "type": type(account).__name__.lower()}
    detail |= account._asdict()
    if change.kind == "C" and change.before is not None:
        old = change.before._asdict()
        detail["before"] = {
            name: old[name] for name, value in account._asdict().items() if old[name] != value
        }
    path = GROUP if isinstance(account, Group) else PASSWD
    return Finding(chain=chain, kind=USER, rule="accounts", path=path, detail=detail)
