"""What the library remembers, one file a noun."""

from layers.models.accounts import ApiToken, AuditEntry, LoginFailure, Role, User
from layers.models.blobs import Blob
from layers.models.commits import Commit
from layers.models.containers import Container, Edit, UpperRow
from layers.models.entries import Change, Directory, FileEntry, NumberRange
from layers.models.findings import Finding, FindingScan
from layers.models.images import HistoryRow, Image, ImageLayer, IndexEntry, Manifest
from layers.models.jobs import Job
from layers.models.layers import Chain, Layer, StoredLayer
from layers.models.packages import PackageChange, PackageScan
from layers.models.references import Reference
from layers.models.search import ConfigText, SearchBlock, SearchContent, SearchGram, SearchSegment

__all__ = [
    "ApiToken",
    "AuditEntry",
    "Blob",
    "Chain",
    "Change",
    "Commit",
    "ConfigText",
    "Container",
    "Directory",
    "Edit",
    "FileEntry",
    "Finding",
    "FindingScan",
    "HistoryRow",
    "Image",
    "ImageLayer",
    "IndexEntry",
    "Job",
    "Layer",
    "LoginFailure",
    "Manifest",
    "NumberRange",
    "PackageChange",
    "PackageScan",
    "Reference",
    "Role",
    "SearchBlock",
    "SearchContent",
    "SearchGram",
    "SearchSegment",
    "StoredLayer",
    "UpperRow",
    "User",
]
