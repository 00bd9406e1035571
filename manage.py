#!/usr/bin/env python3
"""Django's command line for this project: ``python manage.py COMMAND``."""

import gc
import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imagebrowser.settings")
    try:
        execute_from_command_line(sys.argv)
    finally:
        # Looking for garbage in a process that ends is a sixth of the time of a short command.
        gc.freeze()
