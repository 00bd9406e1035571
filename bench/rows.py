"""How quickly entries become rows: the entries of one library, written again into another.

Runs inside the program: ``manage.py shell -c "from bench.rows import main; main('db.sqlite3')"``.
"""

import sqlite3
import time
from pathlib import Path

from layers.models import FileEntry
from layers.models.bulk import insert_rows


def main(database: str) -> None:
    """Copy the rows and print ``rows seconds``."""
    table = FileEntry._meta.db_table
    columns = ", ".join(f'"{field.column}"' for field in FileEntry._meta.concrete_fields)
    with sqlite3.connect(Path(database)) as source:
        rows = source.execute(f"SELECT {columns} FROM {table} ORDER BY id").fetchall()
    start = time.perf_counter()
    insert_rows(FileEntry, rows)
    print(len(rows), time.perf_counter() - start)
