"""The program's settings, on a directory of the test run's own."""

import atexit
import os
import shutil
import tempfile

if "IMAGEBROWSER_DATA" not in os.environ:
    directory = tempfile.mkdtemp(prefix="imagebrowser-tests-")
    os.environ["IMAGEBROWSER_DATA"] = directory
    atexit.register(shutil.rmtree, directory, ignore_errors=True)

from imagebrowser.settings import *  # noqa: F403 - it reads the variable set above
from imagebrowser.settings import DATA_DIR, DATABASES

# A file, not memory: threads and child processes see it as well.
DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
if DATABASES["default"]["ENGINE"] != "imagebrowser.sqlite":
    DATABASES["default"]["TEST"] = {}
