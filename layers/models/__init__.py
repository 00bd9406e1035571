"""What the library remembers, one file a noun."""

from layers.models.blobs import Blob
from layers.models.commits import Commit
from layers.models.containers import Container, Edit, UpperRow
from layers.models.entries import Change, Directory, FileEntry, NumberRange
from layers.models.images import HistoryRow, Image, ImageLayer, IndexEntry, Manifest
from layers.models.jobs import Job
from layers.models.layers import Chain, Layer, StoredLayer
from layers.models.packages import PackageChange, PackageScan
from layers.models.references import Reference

__all__ = [
    "Blob",
    "Chain",
    "Change",
    "Commit",
    "Container",
    "Directory",
    "Edit",
    "FileEntry",
    "HistoryRow",
    "Image",
    "ImageLayer",
    "IndexEntry",
    "Job",
    "Layer",
    "Manifest",
    "NumberRange",
    "PackageChange",
    "PackageScan",
    "Reference",
    "StoredLayer",
    "UpperRow",
]
