"""The text of a container's file on its way into an editor and back."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from django.http import HttpRequest
from django.utils.translation import gettext as _

from layers.models import Container
from layers.oci.changeset.entry import Kind
from layers.oci.errors import EditRefused
from layers.operations.write_file import ABSENT, write_file
from layers.queries.container_files import open_container_file
from layers.queries.uppers import open_upper
from layers.templatetags.layers import limit
from layers.views import texts
from layers.views.encodings import ENCODINGS, Encoding
from layers.views.languages import language_of
from layers.views.textfiles import EDIT_SIZE, TextFile, new_text, open_text


@dataclass(frozen=True, slots=True)
class Editor:
    """What ``_editor.html`` shows."""

    text: str
    expected: str
    """sha256 of the content that the text was read from; ``ABSENT`` where there was none."""
    encoding: Encoding
    line_end: str
    language: str
    error: str = ""
    offers_utf_8: bool = False
    """The error is one that another encoding would not have."""
    theirs: str | None = None
    """The text that somebody else saved meanwhile; ``None`` where there is no such conflict."""

    @property
    def encodings(self) -> list[Encoding]:
        """Those the file may be read in instead."""
        return list(ENCODINGS.values())

    @property
    def limit(self) -> int:
        return EDIT_SIZE


@dataclass(frozen=True, slots=True)
class Typed:
    """What a form of the editor sent."""

    text: str
    expected: str
    encoding: Encoding | None
    """The one the text was read in."""
    save_as: Encoding | None
    """Another one to write it in."""
    line_end: str = ""
    """What its lines ended with, for a file that is gone."""

    @property
    def written_in(self) -> Encoding | None:
        return self.save_as or self.encoding

    @classmethod
    def parse(cls, request: HttpRequest) -> Self:
        post = request.POST
        return cls(
            post.get("text", ""),
            post.get("expected", ABSENT),
            ENCODINGS.get(post.get("encoding", "")),
            ENCODINGS.get(post.get("save_as", "")),
            post.get("line_end", ""),
        )


def editor_of(path: bytes, data: bytes | None, encoding: Encoding | None = None) -> Editor | None:
    """An editor for a file's content, or for a file that is not there; ``None`` for no text."""
    file = open_text(data, encoding) if data is not None else new_text()
    if file is None:
        return None
    return Editor(
        file.text, digest_of(data), file.encoding, file.line_end, language_of(path, file.text[:200])
    )


def content_of(container: Container, path: bytes) -> bytes | None:
    """What a file holds, a symlink followed; ``None`` where there is none, or none that is edited."""
    upper = open_upper(container)
    entry = upper.at(upper.real(path, follow=True))
    if entry is None or entry.kind is not Kind.FILE or entry.size > EDIT_SIZE:
        return None
    return open_container_file(container, path, follow=True).read(0, EDIT_SIZE)


def save(container: Container, path: bytes, typed: Typed) -> bool:
    """Write what was typed, as the file spells text; whether that changes it.

    Raises:
        EditConflict: the file has another content than the editor was opened with.
        EditRefused: there is no such file any more, or the text is too long.
        CannotSpell: the file's encoding lacks a character.
    """
    now = content_of(container, path)
    data = spell(now, typed)
    if data == now:
        return False
    if len(data) > EDIT_SIZE:
        raise EditRefused(
            _("The text has %(size)d bytes. Up to %(limit)s are edited here: upload a file in its place.")
            % {"size": len(data), "limit": limit(EDIT_SIZE, "edit_size")}
        )
    write_file(container=container, path=path, data=data, expected_sha256=typed.expected)
    return True


def spell(now: bytes | None, typed: Typed) -> bytes:
    """What was typed in bytes: line ends and encoding as the content it is written over has them."""
    file = open_text(now, typed.encoding) if now is not None else None
    if file is None:
        end = {name: end for end, name in texts.LINE_ENDS.items()}.get(typed.line_end, "\n")
        file = TextFile(typed.encoding or ENCODINGS["utf-8"], ("", ""), (end,))
    return file.spell(typed.text, typed.save_as)


def digest_of(data: bytes | None) -> str:
    return ABSENT if data is None else sha256(data).hexdigest()
