"""What the ledger calls live is what lies on a disk once umoci has unpacked the image."""

import os
import stat
from pathlib import Path

import pytest

from layers.operations.import_archive import import_archive
from layers.queries.images import find_image
from layers.queries.ledgers import ledger_of
from tests.engines.conftest import output, tool
from tests.oracle.golden import GOLDEN

pytestmark = [pytest.mark.engine, pytest.mark.django_db]
CASES = ["01-webserver", "02-delete-opaque", "03-typeswap-symlink", "04-hardlinks", "06-rename", "07-names"]


@pytest.mark.parametrize("case", CASES)
def test_live_bytes_are_those_that_umoci_puts_on_a_disk(case, tmp_path):
    archive = GOLDEN / case / "image.tar"
    images = import_archive(archive).images
    policy = ("--insecure-policy", "copy", "--quiet")
    for number, image in enumerate(images):
        layout, bundle = tmp_path / f"layout{number}", tmp_path / f"bundle{number}"
        output(tool("skopeo"), *policy, f"docker-archive:{archive}:@{number}", f"oci:{layout}:x")
        output(tool("umoci"), "unpack", "--rootless", "--image", f"{layout}:x", str(bundle))

        assert ledger_of(find_image(image.image_id)).live == disk_usage(bundle / "rootfs")


def disk_usage(root: Path) -> int:
    """Bytes of the files and symlinks below a directory, each inode once: ``du --apparent-size``."""
    sizes = {}
    for directory, folders, files in os.walk(os.fsencode(root)):
        for name in (*folders, *files):
            status = os.lstat(os.path.join(directory, name))
            if not stat.S_ISDIR(status.st_mode):
                sizes[status.st_ino] = status.st_size
    return sum(sizes.values())
