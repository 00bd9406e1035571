"""Write files of a container: one, or many as one step."""

from collections.abc import Iterable, Sequence
from typing import BinaryIO

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from layers.models import Container
from layers.oci.changeset.entry import Kind
from layers.oci.changeset.paths import as_text, clean, join
from layers.oci.limits import MIB
from layers.oci.unionfs.upper import Upper
from layers.operations.editing import EditConflict, editing
from layers.operations.stage_contents import Content, staged_contents

Data = bytes | BinaryIO | Iterable[bytes]
ABSENT = ""
"""As ``expected_sha256``: nothing is there yet."""


def write_file(
    *, container: Container, path: bytes, data: Data, expected_sha256: str | None = None
) -> Content:
    """Give a file a new content, or create it; a symlink leads to its target.

    ``expected_sha256`` is what the file had when it was opened, in hex:
    ``ABSENT`` for a file that was not there, None to write in any case.

    Raises:
        EditConflict: the file has another content by now. Nothing is written.
        EditRefused: what is there is no file, or there is no directory to put it in.
    """
    with staged_contents() as contents:
        content = contents.add(chunks_of(data))
        with editing(container, _("write /%(path)s") % {"path": as_text(path.strip(b"/"))}) as upper:
            expect(upper, path, expected_sha256)
            contents.save()
            upper.write(path, content.sha256, content.size, content.digest)
    return content


def write_files(
    *, container: Container, directory: bytes, files: Sequence[tuple[bytes, Data]], replace: bool = True
) -> None:
    """Put many files below a directory, as one step: an upload, of a whole folder perhaps.

    Each has a path of its own, whose directories are made; it never leaves
    ``directory``. With ``replace``, a file that is there gets the new content.

    Raises:
        EditRefused: one of them cannot be put there. Nothing is written.
    """
    with staged_contents() as contents:
        staged = [
            (join(directory.strip(b"/"), clean(path)), contents.add(chunks_of(data))) for path, data in files
        ]
        label = ngettext(
            "upload %(count)d file to /%(path)s", "upload %(count)d files to /%(path)s", len(files)
        )
        with editing(
            container, label % {"count": len(files), "path": as_text(directory.strip(b"/"))}
        ) as upper:
            contents.save()
            for path, content in staged:
                upper.make_parents(path.rpartition(b"/")[0])
                if not replace:
                    upper.create(path, content.sha256, content.size, content.digest)
                else:
                    upper.write(path, content.sha256, content.size, content.digest)


def expect(upper: Upper, path: bytes, expected_sha256: str | None) -> None:
    """Raises ``EditConflict`` where the file is not as it was when it was opened."""
    if expected_sha256 is None:
        return
    entry = upper.at(upper.real(path, follow=True))
    now = entry.sha256.hex() if entry is not None and entry.kind is Kind.FILE and entry.sha256 else ABSENT
    if entry is not None and entry.kind is not Kind.FILE:
        return
    if now == expected_sha256:
        return
    name = {"path": as_text(path.strip(b"/"))}
    if entry is None:
        raise EditConflict(_("/%(path)s was deleted since it was opened.") % name)
    if expected_sha256 == ABSENT:
        raise EditConflict(_("/%(path)s exists by now.") % name)
    raise EditConflict(_("/%(path)s was changed since it was opened.") % name)


def chunks_of(data: Data) -> Iterable[bytes]:
    """The bytes in pieces."""
    if isinstance(data, bytes):
        return [data]
    if hasattr(data, "read"):
        return iter(lambda: data.read(MIB), b"")
    return data
