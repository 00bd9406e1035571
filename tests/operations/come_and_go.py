"""Loads the archives that are named and removes all images, again and again, until it is ended."""

import itertools
import subprocess
import sys


def manage(*words: str) -> bytes:
    return subprocess.run([sys.executable, "manage.py", *words], capture_output=True).stdout


if __name__ == "__main__":
    for archive in itertools.cycle(sys.argv[1:]):
        if not manage("load", archive):
            sys.exit(f"{archive} was not loaded")
        manage("prune", "--force")
        for image in set(manage("images", "-q").split()):
            manage("rmi", "--force", image.decode())
