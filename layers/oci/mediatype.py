"""Media types: what a descriptor says its content is."""

from typing import Final

OCI_INDEX: Final = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG: Final = "application/vnd.oci.image.config.v1+json"
OCI_LAYER: Final = "application/vnd.oci.image.layer.v1.tar"
DOCKER_INDEX: Final = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST: Final = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG: Final = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER: Final = "application/vnd.docker.image.rootfs.diff.tar"

INDEXES: Final = frozenset((OCI_INDEX, DOCKER_INDEX))
MANIFESTS: Final = frozenset((OCI_MANIFEST, DOCKER_MANIFEST))
CONFIGS: Final = frozenset((OCI_CONFIG, DOCKER_CONFIG))

_LAYERS: Final = {
    OCI_LAYER: "plain",
    OCI_LAYER + "+gzip": "gzip",
    OCI_LAYER + "+zstd": "zstd",
    "application/vnd.oci.image.layer.nondistributable.v1.tar": "plain",
    "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip": "gzip",
    "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd": "zstd",
    DOCKER_LAYER: "plain",
    DOCKER_LAYER + ".gzip": "gzip",
    DOCKER_LAYER + ".zstd": "zstd",
    "application/vnd.docker.image.rootfs.foreign.diff.tar": "plain",
    "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip": "gzip",
}


def layer_compression(media_type: str) -> str | None:
    """``plain``, ``gzip`` or ``zstd``, as a layer's media type promises; None for a type not known."""
    return _LAYERS.get(media_type)


def layer_type(compression: str) -> str:
    """The media type of a layer that came without one, by how its bytes are compressed.

    >>> layer_type("plain"), layer_type("gzip")
    ('application/vnd.oci.image.layer.v1.tar', 'application/vnd.oci.image.layer.v1.tar+gzip')
    """
    return OCI_LAYER if compression == "plain" else f"{OCI_LAYER}+{compression}"


def is_attestation_content(media_type: str) -> bool:
    """Whether a layer holds a statement about an image, not files of one."""
    return media_type.startswith("application/vnd.in-toto")


def is_encrypted(media_type: str) -> bool:
    """Whether a layer's bytes can be read only with a key."""
    return media_type.endswith("+encrypted")
