"""The demo images: ``webserver:v1``, and ``webserver:v2`` that somebody committed upon it."""

from collections.abc import Callable
from datetime import datetime, timedelta

from layers.oci.archive.write import SavedImage, SavedLayer, compact_json
from layers.oci.changeset.writer import write_changeset
from layers.oci.digest import Digest
from layers.oci.reference import Reference
from layers.operations.demo_files import (
    BUILT_AT,
    COMMITTED_AT,
    Item,
    base_layer,
    clean_layer,
    commit_layer,
    configure_layer,
    install_layer,
    permissions_layer,
)

Row = dict[str, object]
"""A JSON object."""

AUTHOR = "Ann Student <ann@example.org>"
MESSAGE = "Change the default page"
CONTAINER = "8c2f9d1e7a40"
COMMAND = ["nginx", "-g", "daemon off;"]
ENVIRONMENT = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "NGINX_VERSION=1.27.3"]
RUNTIME: Row = {
    "ExposedPorts": {"80/tcp": {}},
    "Env": ENVIRONMENT,
    "Cmd": COMMAND,
    "Volumes": {"/data": {}},
    "WorkingDir": "/",
    "Labels": {"maintainer": "imagebrowser contributors"},
    "StopSignal": "SIGQUIT",
}
STEPS: tuple[tuple[str, Callable[[], list[Item]] | None], ...] = (
    ("LABEL maintainer=imagebrowser contributors", None),
    ("ENV NGINX_VERSION=1.27.3", None),
    (
        "RUN /bin/sh -c apt-get update && apt-get install -y nginx=${NGINX_VERSION}-1 # buildkit",
        install_layer,
    ),
    ("RUN /bin/sh -c rm /var/cache/apt/archives/*.deb /var/lib/apt/lists/* # buildkit", clean_layer),
    ("COPY nginx.conf /etc/nginx/nginx.conf # buildkit", configure_layer),
    (
        "RUN /bin/sh -c chown nginx:nginx /var/cache/nginx && chmod 0640 /etc/nginx/nginx.conf && "
        "mkdir /data && ln -sf /dev/stdout /var/log/nginx/access.log "
        "&& ln -sf /dev/stderr /var/log/nginx/error.log # buildkit",
        permissions_layer,
    ),
    ("VOLUME [/data]", None),
    ("EXPOSE map[80/tcp:{}]", None),
    ("STOPSIGNAL SIGQUIT", None),
    ('CMD ["nginx" "-g" "daemon off;"]', None),
)
"""What the Dockerfile says above the base, in BuildKit's words, and the layer each step makes."""


def demo_images() -> list[SavedImage]:
    """The two images; their bytes, and so their IDs, are the same on every machine."""
    base = saved_layer(base_layer())
    made = [(words, saved_layer(make()) if make else None) for words, make in STEPS]
    layers = (base, *(layer for _, layer in made if layer))
    history = [plain_row(0, f"/bin/sh -c #(nop) ADD file:{base.diff_id.hex} in / ")]
    history += [build_row(minute, words, layer is None) for minute, (words, layer) in enumerate(made, 1)]
    return [_built(layers, history), _committed((*layers, saved_layer(commit_layer())), history)]


def saved_layer(items: list[Item]) -> SavedLayer:
    """A layer of these items, stored plain."""
    content = dict(items)
    tar = b"".join(write_changeset(content, lambda member: (content[member],)))
    digest = Digest.of(tar)
    return SavedLayer(digest, digest, len(tar), lambda: (tar,))


def _built(layers: tuple[SavedLayer, ...], history: list[Row]) -> SavedImage:
    """``webserver:v1``, with a config as BuildKit writes it."""
    config = config_of(RUNTIME, str(history[-1]["created"]), history, layers)
    return SavedImage(compact_json(config), layers, (Reference.parse("webserver:v1"),))


def _committed(layers: tuple[SavedLayer, ...], history: list[Row]) -> SavedImage:
    """``webserver:v2``, with a config as ``docker commit`` writes it."""
    created = _rfc3339(COMMITTED_AT)
    step: Row = {"created": created, "author": AUTHOR, "created_by": " ".join(COMMAND), "comment": MESSAGE}
    runtime: Row = {
        "Hostname": CONTAINER, "Domainname": "", "User": "", "AttachStdin": False, "AttachStdout": False,
        "AttachStderr": False, "ExposedPorts": RUNTIME["ExposedPorts"], "Tty": False, "OpenStdin": False,
        "StdinOnce": False, "Env": ENVIRONMENT, "Cmd": COMMAND, "Image": "webserver:v1",
        "Volumes": RUNTIME["Volumes"], "WorkingDir": "/", "Entrypoint": None, "OnBuild": None,
        "Labels": RUNTIME["Labels"], "StopSignal": RUNTIME["StopSignal"],
    }  # fmt: skip
    config = config_of(runtime, created, [*history, step], layers) | {"author": AUTHOR}
    return SavedImage(compact_json(dict(sorted(config.items()))), layers, (Reference.parse("webserver:v2"),))


def config_of(runtime: Row, created: str, history: list[Row], layers: tuple[SavedLayer, ...]) -> Row:
    return {
        "architecture": "amd64",
        "config": runtime,
        "created": created,
        "history": history,
        "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
    }


def build_row(minute: int, words: str, is_empty: bool) -> Row:
    """A step as BuildKit records it."""
    row = plain_row(minute, words) | {"comment": "buildkit.dockerfile.v0"}
    return row | {"empty_layer": True} if is_empty else row


def plain_row(minute: int, words: str) -> Row:
    return {"created": _rfc3339(BUILT_AT + timedelta(minutes=minute)), "created_by": words}


def _rfc3339(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
