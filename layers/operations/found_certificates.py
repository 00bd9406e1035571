"""Certificates as findings: one a file, or one a directory where there are many, as in a store of roots."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from layers.models import Chain, Finding
from layers.oci.changeset.paths import split
from layers.oci.findings.certificates import Certificate
from layers.queries.findings import CERTIFICATE

ALONE: Final = 3
"""Files with certificates in one directory up to which each is told by itself."""
SUBJECTS: Final = 10
"""Names that are kept of one finding, those first that end first."""
TIMES: Final = 1000


class CertificateFile(NamedTuple):
    """A file, and the certificates in it."""

    path: bytes
    entry: int
    certificates: Sequence[Certificate]


def certificate_findings(chain: Chain, files: Sequence[CertificateFile]) -> Iterator[Finding]:
    """The findings for all files of a layer that hold certificates."""
    by_directory: dict[bytes, list[CertificateFile]] = {}
    for file in files:
        by_directory.setdefault(split(file.path)[0], []).append(file)
    for directory, found in by_directory.items():
        if len(found) <= ALONE:
            for file in found:
                yield _finding(chain, file.path, file.entry, file.certificates, 0)
        else:
            together = [certificate for file in found for certificate in file.certificates]
            yield _finding(chain, directory, None, together, len(found))


def _finding(
    chain: Chain, path: bytes, entry: int | None, certificates: Sequence[Certificate], files: int
) -> Finding:
    ordered = sorted(certificates, key=lambda certificate: certificate.expires)
    detail = {
        "count": len(ordered),
        "files": files,
        "subjects": [[certificate.subject, certificate.expires] for certificate in ordered[:SUBJECTS]],
        "expires": [certificate.expires for certificate in ordered[:TIMES]],
    }
    return Finding(chain=chain, kind=CERTIFICATE, rule="x509", path=path, entry_id=entry, detail=detail)
