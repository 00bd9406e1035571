"""Archives on their way in: files of the data directory, each locked by whoever works on it.

The lock (``flock``) dies with its holder, however that ends; so a file without
one was left behind, and no process has to be asked whether it lives.
"""

import fcntl
import os
import shutil
from http import HTTPStatus
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import UUID, uuid4

from django.conf import settings
from django.core.exceptions import TooManyFilesSent
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.utils.translation import gettext as _

from layers.oci.errors import LimitExceeded
from layers.oci.limits import MIB
from layers.storage import DiskFull, take_reserve

FILES_A_FORM = 100
"""Archives that one form may bring: each is an open file."""
DISK_CHECK_SIZE = 64 * MIB
"""Bytes written between two looks at the free disk."""


class UploadRefused(Exception):
    """An archive that is not taken in. ``str(error)`` is the sentence to show."""

    def __init__(self, sentence: str, status: HTTPStatus) -> None:
        super().__init__(sentence)
        self.status = status


def upload_path(number: UUID) -> Path:
    """Where the archive of the job ``number`` lies."""
    return _directory() / str(number)


def lock_upload(number: UUID) -> int | None:
    """A descriptor that holds the archive's lock; None while another process holds it.

    Raises FileNotFoundError where there is no such archive.
    """
    descriptor = os.open(upload_path(number), os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def received_size(number: UUID) -> int:
    """Bytes of the archive that are here; 0 where there is none."""
    try:
        return upload_path(number).stat().st_size
    except FileNotFoundError:
        return 0


def remove_upload(number: UUID) -> None:
    upload_path(number).unlink(missing_ok=True)


def kept_uploads() -> list[tuple[UUID, float]]:
    """Every archive that lies here, with the time it was last written to."""
    found = []
    for entry in os.scandir(_directory()):
        try:
            found.append((UUID(entry.name), entry.stat().st_mtime))
        except (ValueError, FileNotFoundError):
            continue
    return found


class Archive:
    """A file here that is written to, its lock held: within the limits, or refused."""

    def __init__(self, number: UUID, file: FileIO) -> None:
        self.number = number
        self.received_size = file.seek(0, os.SEEK_END)
        self._file = file
        self._checked_size = self.received_size

    def write(self, data: bytes) -> None:
        self.received_size += len(data)
        refuse_above_limit(self.received_size)
        if self.received_size - self._checked_size >= DISK_CHECK_SIZE:
            refuse_full_disk(0)
            self._checked_size = self.received_size
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise UploadRefused(
                _("The upload could not be stored: %s.") % error.strerror, HTTPStatus.INSUFFICIENT_STORAGE
            ) from error

    def keep(self) -> None:
        """Lets go of the archive, for a job or the next part to take."""
        self._file.close()

    def discard(self) -> None:
        """Removes the archive; does nothing after :meth:`keep`."""
        if not self._file.closed:
            remove_upload(self.number)
            self._file.close()

    def __enter__(self) -> Self:
        return self


class Upload(Archive):
    """An archive that is received in one go. Used as a context it removes the file unless it was kept."""

    def __init__(self, total_size: int | None) -> None:
        """``total_size`` in bytes, where the sender has announced it."""
        refuse_above_limit(total_size or 0)
        refuse_full_disk(total_size or 0)
        number = uuid4()
        super().__init__(number, open(upload_path(number), "xb", buffering=0, opener=_private))  # noqa: SIM115
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()


class Part(Archive):
    """An archive that is received in parts, opened for one more. Used as a context it keeps what has come.

    The file is the truth of how much that is: what a killed server had not written was not received.

    Raises:
        FileNotFoundError: there is no such archive.
        BlockingIOError: another connection writes to it.
    """

    def __init__(self, number: UUID) -> None:
        descriptor = os.open(upload_path(number), os.O_RDWR | os.O_APPEND)
        super().__init__(number, open(descriptor, "ab", buffering=0))  # noqa: SIM115
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise
        self.received_size = self._file.seek(0, os.SEEK_END)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.keep()


class ReceivedFile(UploadedFile):
    """A file of a form, stored where imports are taken from; gone with the request unless it is kept."""

    def __init__(self, name: str, size: int, upload: Upload | UploadRefused) -> None:
        super().__init__(name=name, size=size)
        self.upload = upload

    def close(self) -> None:
        if isinstance(self.upload, Upload):
            self.upload.discard()


class UploadHandler(FileUploadHandler):
    """Streams each file of a form into an :class:`Upload`; a refused one is drained, and says why."""

    chunk_size = MIB
    upload: Upload | UploadRefused
    _count = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._count += 1
        if self._count > FILES_A_FORM:
            raise TooManyFilesSent(f"A form may bring {FILES_A_FORM} archives at once.")
        try:
            self.upload = Upload(None)
        except UploadRefused as refusal:
            self.upload = refusal

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if isinstance(self.upload, UploadRefused):
            return
        try:
            self.upload.write(raw_data)
        except UploadRefused as refusal:
            self.upload.discard()
            self.upload = refusal

    def file_complete(self, file_size: int) -> ReceivedFile:
        return ReceivedFile(self.file_name, file_size, self.upload)

    def upload_interrupted(self) -> None:
        if isinstance(self.upload, Upload):
            self.upload.discard()


def _directory() -> Path:
    directory: Path = settings.DATA_DIR / "tmp" / "uploads"
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return directory


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def refuse_above_limit(size: int) -> None:
    """Raises :class:`UploadRefused` for more bytes than an archive may have."""
    allowed = settings.LIMITS.upload_size
    if size > allowed:
        raise UploadRefused(
            str(LimitExceeded("upload_size", allowed, size)), HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        )


def refuse_full_disk(size: int) -> None:
    """Raises :class:`UploadRefused` where so many more bytes would fill the disk."""
    try:
        take_reserve()
    except DiskFull as full:
        raise UploadRefused(str(full), HTTPStatus.INSUFFICIENT_STORAGE) from full
    free = shutil.disk_usage(_directory()).free
    if size + settings.FREE_DISK_SIZE > free:
        raise UploadRefused(
            _("The disk is too full: %(size)d bytes and %(kept)d to keep free are needed, %(free)d are left.")
            % {"size": size, "kept": settings.FREE_DISK_SIZE, "free": free},
            HTTPStatus.INSUFFICIENT_STORAGE,
        )
