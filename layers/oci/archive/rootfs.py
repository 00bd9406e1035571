"""A root filesystem tar: no image yet, but ``docker import`` makes one of it."""

from layers.oci.digest import Digest
from layers.oci.gojson import go_json

EMPTY_RUNTIME = {
    "Hostname": "",
    "Domainname": "",
    "User": "",
    "AttachStdin": False,
    "AttachStdout": False,
    "AttachStderr": False,
    "Tty": False,
    "OpenStdin": False,
    "StdinOnce": False,
    "Env": None,
    "Cmd": None,
    "Image": "",
    "Volumes": None,
    "WorkingDir": "",
    "Entrypoint": None,
    "OnBuild": None,
    "Labels": None,
}


def rootfs_config(diff_id: Digest, created: str, comment: str, architecture: str = "amd64") -> bytes:
    """The config that ``docker import`` gives the tar, less the version of docker and its container.

    ``created`` is RFC 3339; the same arguments give the same bytes, so the same image ID.
    """
    return go_json(
        {
            "architecture": architecture,
            "comment": comment,
            "config": EMPTY_RUNTIME,
            "created": created,
            "history": [{"created": created, "comment": comment}],
            "os": "linux",
            "rootfs": {"type": "layers", "diff_ids": [diff_id]},
        }
    )
