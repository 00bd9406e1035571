"""The program that the tests of this folder start is no test."""

collect_ignore = ["busy.py"]
