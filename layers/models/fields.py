"""Column types that Django lacks."""

from typing import Any

from django.db import models


class BytesField(models.BinaryField):
    """Bytes that compare and read as ``bytes`` on every database.

    Names in a tar are bytes, not text: this keeps those that are not UTF-8.
    PostgreSQL hands out ``memoryview``; callers never see one.
    """

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> bytes | None:
        return None if value is None else bytes(value)
