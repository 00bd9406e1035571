"""An image as people make them: a distribution, packages on top, an application, and mistakes."""

import json

from tests.layered import LayerFiles, layered_archive, steps
from tests.secrets import private_key

STATUS = "var/lib/dpkg/status"
OS_RELEASE = b'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'


def stanza(name: str, version: str) -> bytes:
    text = f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n\n"
    return text.encode()


def npm(name: str, version: str) -> bytes:
    return json.dumps({"name": name, "version": version, "license": "MIT"}).encode()


BASE = stanza("bash", "5.2.15-2+b2") + stanza("libc6", "2.36-9+deb12u4")
LAYERS: list[LayerFiles] = [
    {"etc/os-release": OS_RELEASE, STATUS: BASE},
    {STATUS: BASE + stanza("nginx", "1.22.1-9") + stanza("gcc-12", "12.2.0-14")},
    {STATUS: BASE + stanza("nginx", "1.24.0-2"), "root/.ssh/id_rsa": private_key(), "srv/up/": (b"", 0o777)},
    {
        "app/node_modules/express/package.json": npm("express", "4.18.2"),
        "app/node_modules/@babel/core/package.json": npm("@babel/core", "7.23.0"),
        "var/lib/rpm/Packages": bytes(4096),
        "root/.ssh/.wh.id_rsa": b"",
        "usr/bin/su": (b"x", 0o4755),
    },
]
HISTORY = steps(
    "/bin/sh -c #(nop) ADD file:4bf33a9792249481b59c97849cc39df0bada145ac0bd5303e5d70e751598b181 in / ",
    '/bin/sh -c #(nop)  CMD ["bash"]',
    "RUN /bin/sh -c apt-get install -y nginx gcc-12 # buildkit",
    "RUN /bin/sh -c apt-get upgrade -y && apt-get purge -y gcc-12 # buildkit",
    "COPY . /app # buildkit",
    empty=[1],
)
CONFIG = {"Cmd": ["bash"], "Env": ["SHOP_TOKEN=k3yT0Th3D00r"]}


def shop_archive() -> bytes:
    """``shop:2``."""
    return layered_archive(
        *LAYERS, name="shop:2", created="2024-02-03T04:05:06Z", history=HISTORY, config=CONFIG
    )
