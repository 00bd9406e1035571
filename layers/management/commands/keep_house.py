"""What is best done after an import, not during it; the server starts it when there is something to do."""

from django.core.management.base import BaseCommand

from layers.operations.build_seek_points import build_seek_points
from layers.operations.index_configs import index_configs
from layers.operations.index_paths import index_paths
from layers.operations.make_ledgers import make_ledgers
from layers.operations.read_packages import read_packages
from layers.operations.seal_blobs import seal_blobs
from layers.operations.search_findings import search_findings
from layers.operations.settle_blobs import settle_blobs


class Command(BaseCommand):
    help = (
        "Bring imported blobs to the disk, and make what layers lack: seals, seek points, lists of packages, "
        "the index of the search, findings, ledgers of bytes."
    )
    requires_system_checks = []

    def handle(self, **options: object) -> None:
        for image_id in settle_blobs():
            self.stderr.write(f"Lost in a power cut, import it again: {image_id}")
        seal_blobs()
        index_configs()
        build_seek_points()
        read_packages()
        index_paths()
        search_findings()
        make_ledgers()
