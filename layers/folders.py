"""Files of a form on their way into a container: a whole folder, each with its path, in one spool.

An archive is one file and gets one of its own (``layers.uploads``); a folder may
hold thousands, more than a process may have open.
"""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import QueryDict
from django.http.multipartparser import MultiPartParser
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from layers.oci.changeset.chunks import read_chunks
from layers.oci.limits import MIB
from layers.uploads import Upload, UploadRefused, upload_path

ENCODED = "encoded/"
"""In front of a file's name: a script has percent-encoded what follows. Browsers themselves are not of one
mind about how to spell a quote or a line end there."""


class FolderFile(UploadedFile):
    """One file of a form, a stretch of the spool."""

    def __init__(self, path: bytes, offset: int, size: int, upload: Upload) -> None:
        super().__init__(name="file", size=size)
        self.path = path
        """Below the folder that was chosen, and with its name; as the browser said, so not clean."""
        self._offset = offset
        self.upload = upload

    def stored(self) -> Iterator[bytes]:
        """Its bytes, in pieces."""
        with upload_path(self.upload.number).open("rb") as spool:
            yield from read_chunks(spool, self._offset, self.size or 0)

    def close(self) -> None:
        self.upload.discard()


class _Parser(MultiPartParser):
    """Leaves a file's path whole: where it may lead, the container says."""

    def sanitize_file_name(self, file_name: str) -> str | None:
        return file_name.strip("\0") or None


class _Spool(FileUploadHandler):
    """Writes one file of a form after the other into one :class:`Upload`."""

    chunk_size = MIB

    def __init__(self) -> None:
        super().__init__()
        self.upload = Upload(None)
        self.refusal: UploadRefused | None = None
        self._count, self._start = 0, 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._start = self.upload.received_size
        self._count += 1
        allowed = settings.LIMITS.layer_entries
        if self._count > allowed:
            sentence = _("A form may bring %(allowed)d files at once.") % {"allowed": allowed}
            self._refuse(UploadRefused(sentence, HTTPStatus.REQUEST_ENTITY_TOO_LARGE))

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        try:
            self.upload.write(raw_data)
        except UploadRefused as refusal:
            self._refuse(refusal)

    def _refuse(self, refusal: UploadRefused) -> None:
        self.refusal = refusal
        raise StopUpload(connection_reset=False)

    def file_complete(self, file_size: int) -> FolderFile:
        name = self.file_name or ""
        path = unquote_to_bytes(name.removeprefix(ENCODED)) if name.startswith(ENCODED) else name.encode()
        return FolderFile(path, self._start, file_size, self.upload)


class FolderHandler(FileUploadHandler):
    """An upload handler for forms that bring folders: put it into ``request.upload_handlers``."""

    refusal: UploadRefused | None = None

    def handle_raw_input(
        self, input_data: Any, META: Any, content_length: int, boundary: bytes, encoding: Any = None
    ) -> tuple[QueryDict, MultiValueDict[str, UploadedFile]]:
        spool = _Spool()
        try:
            fields, files = _Parser(META, input_data, [spool], encoding).parse()
        except BaseException:
            spool.upload.discard()
            raise
        self.refusal = spool.refusal
        if not files or spool.refusal:
            spool.upload.discard()
        return fields, files

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Never called: it has parsed the form itself."""

    def file_complete(self, file_size: int) -> None:
        """Never called either."""
