"""Make the demo images, and import them like any other."""

import tempfile

from django.conf import settings

from layers.oci.archive.write import write_docker_archive
from layers.operations.demo_images import demo_images
from layers.operations.demo_shop import shop_image
from layers.operations.import_archive import ImportResult, import_archive


def make_demo() -> ImportResult:
    """``webserver:v1``, ``webserver:v2`` and ``shop:v1``. Made again, they are found to be there already."""
    directory = settings.DATA_DIR / "tmp"
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=directory) as file:
        file.writelines(write_docker_archive([*demo_images(), shop_image()]))
        file.seek(0)
        return import_archive(file, filename="demo")
