"""The third demo image, ``shop:v1``: an application as people build it, with the mistakes they make."""

from collections.abc import Callable

from layers.oci.archive.write import SavedImage, compact_json
from layers.oci.reference import Reference
from layers.operations.demo_files import Item
from layers.operations.demo_images import Row, build_row, config_of, plain_row, saved_layer
from layers.operations.demo_shop_files import (
    alpine_layer,
    application_layer,
    forget_layer,
    key_layer,
    owner_layer,
    purge_layer,
    python_layer,
    requirements_layer,
)

TOKEN = "SHOP_TOKEN=made-up-4-the-demo"
RUNTIME: Row = {
    "User": "shop",
    "ExposedPorts": {"5000/tcp": {}},
    "Env": [
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "SHOP_TOKEN=made-up-4-the-demo",
    ],
    "Cmd": ["python3", "/srv/shop/app.py"],
    "WorkingDir": "/",
}
STEPS: tuple[tuple[str, Callable[[], list[Item]] | None], ...] = (
    ("RUN /bin/sh -c apk add --no-cache python3 gcc # buildkit", python_layer),
    ("COPY deploy_key /root/.ssh/id_ed25519 # buildkit", key_layer),
    (
        "RUN /bin/sh -c pip install flask==3.1.0 git+ssh://git@git.example.org/shop/stock.git # buildkit",
        requirements_layer,
    ),
    (
        "RUN /bin/sh -c rm /root/.ssh/id_ed25519 && apk del gcc && apk upgrade --no-cache # buildkit",
        purge_layer,
    ),
    ("COPY . /srv/shop # buildkit", application_layer),
    (
        "RUN /bin/sh -c adduser -D shop && chown -R shop:shop /srv/shop "
        "&& chmod 777 /srv/shop/uploads # buildkit",
        owner_layer,
    ),
    ("RUN /bin/sh -c rm /srv/shop/.env # buildkit", forget_layer),
    (f"ENV {TOKEN}", None),
    ("EXPOSE map[5000/tcp:{}]", None),
    ("USER shop", None),
    ('CMD ["python3" "/srv/shop/app.py"]', None),
)
"""What the Dockerfile says above ``alpine``, in BuildKit's words, and the layer each step makes."""


def shop_image() -> SavedImage:
    """The image; its bytes, and so its ID, are the same on every machine."""
    base = saved_layer(alpine_layer())
    made = [(words, saved_layer(make()) if make else None) for words, make in STEPS]
    layers = (base, *(layer for _, layer in made if layer))
    history = [plain_row(0, "ADD alpine-minirootfs-3.21.2-x86_64.tar.gz / # buildkit")]
    history += [plain_row(1, 'CMD ["/bin/sh"]') | {"empty_layer": True}]
    history += [build_row(minute, words, layer is None) for minute, (words, layer) in enumerate(made, 2)]
    config = config_of(RUNTIME, str(history[-1]["created"]), history, layers)
    return SavedImage(compact_json(config), layers, (Reference.parse("shop:v1"),))
