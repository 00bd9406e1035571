"""The generator is a program of its own, with arguments: nothing to look for tests in."""

collect_ignore = ["make_hostile.py", "runner.py"]
