"""The programs that the tests of this folder start are no tests."""

collect_ignore = ["importer.py", "inspector.py"]
