"""What the layers of ``shop:v1`` hold: a small Alpine, an application, and mistakes to be found."""

from base64 import b64encode

from layers.oci.changeset.entry import Kind
from layers.operations.demo_files import BUILT, Item, deletion, directory, file, link, logo, numbered
from layers.operations.demo_files import with_parents as with_directories

SHOP = 1000
LIBRARY = "usr/lib/python3.12"
PACKAGES = f"{LIBRARY}/site-packages"
GCC = ("usr/bin/gcc", "usr/bin/x86_64-alpine-linux-musl-gcc")
SPECIAL = {
    b"root": (0o700, 0),
    b"root/.ssh": (0o700, 0),
    b"tmp": (0o1777, 0),
    b"home/shop": (0o755, SHOP),
    b"srv/shop": (0o755, SHOP),
}
"""Directories that are not 0755 and root's, as they stand in the finished image."""


def with_parents(items: list[Item]) -> list[Item]:
    """The items, and the directories that hold them."""
    return with_directories(items, SPECIAL)


def alpine_layer() -> list[Item]:
    """The base: what ``alpine`` brings, each file a stand-in."""
    empty = (b"dev", b"home", b"proc", b"run", b"srv", b"sys", b"usr/bin", b"var/cache/apk")
    return with_parents(
        [
            *map(directory, empty),
            directory(b"tmp", *SPECIAL[b"tmp"]),
            file("etc/alpine-release", "3.21.2\n"),
            file("usr/lib/os-release", OS_RELEASE),
            link("etc/os-release", "../usr/lib/os-release"),
            file("etc/passwd", PASSWD),
            file("etc/group", GROUP),
            file("etc/shadow", SHADOW, 0o640),
            file("bin/busybox", numbered("busybox 1.37.0-r8", 32 * 1024), 0o755),
            file("bin/bbsuid", numbered("bbsuid", 512), 0o4111),
            link("bin/sh", "/bin/busybox"),
            file("lib/ld-musl-x86_64.so.1", numbered("musl", 24 * 1024), 0o755),
            file("lib/apk/db/installed", installed(BASE)),
        ]
    )


def python_layer() -> list[Item]:
    """``apk add python3 gcc``: a compiler that nobody needs once the image is built."""
    member, content = link(GCC[1], GCC[0], Kind.HARDLINK)
    alias = member._replace(mode=0o755), content
    return with_parents(
        [
            file("usr/bin/python3.12", numbered("python3", 128 * 1024), 0o755),
            link("usr/bin/python3", "python3.12"),
            file(f"{LIBRARY}/json/__init__.py", '"""JSON: a stand-in."""\n'),
            file(GCC[0], numbered("gcc", 2**20), 0o755),
            alias,
            file("lib/apk/db/installed", installed(BASE | BUILD)),
        ]
    )


def key_layer() -> list[Item]:
    """``COPY deploy_key``: what has the shape of a private key, and opens nothing."""
    return with_parents([file("root/.ssh/id_ed25519", private_key(), 0o600)])


def requirements_layer() -> list[Item]:
    """``pip install``: the packages, and its cache."""
    files = [
        item
        for name, version, licence in (
            ("flask", "3.1.0", "BSD-3-Clause"),
            ("markupsafe", "3.0.2", "BSD-3-Clause"),
            ("stock", "0.4.1", "Proprietary"),
        )
        for item in (
            file(f"{PACKAGES}/{name}/__init__.py", f'"""{name}: a stand-in."""\n'),
            file(
                f"{PACKAGES}/{name}-{version}.dist-info/METADATA",
                f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\nLicense-Expression: {licence}\n",
            ),
        )
    ]
    return with_parents([*files, file("root/.cache/pip/http/3f1c", numbered("pip", 96 * 1024))])


def purge_layer() -> list[Item]:
    """The key, the compiler: removed, too late. Two packages are upgraded in the same step."""
    return with_parents(
        [
            deletion("root/.ssh/id_ed25519"),
            *map(deletion, GCC),
            file("bin/busybox", numbered("busybox 1.37.0-r12", 32 * 1024), 0o755),
            file("bin/bbsuid", numbered("bbsuid", 512), 0o4111),
            file("lib/apk/db/installed", installed(BASE | UPGRADED | {"python3": BUILD["python3"]})),
        ]
    )


def application_layer() -> list[Item]:
    """``COPY . /srv/shop``: a script twice, a certificate that has run out, and a password."""
    script = numbered("htmx", 48 * 1024)
    modules = "srv/shop/node_modules/htmx.org"
    return with_parents(
        [
            directory(b"srv/shop"),
            directory(b"srv/shop/uploads"),
            file("srv/shop/app.py", APPLICATION),
            file("srv/shop/.env", ENVIRONMENT),
            file("srv/shop/tls/shop.crt", CERTIFICATE),
            file("srv/shop/static/logo.png", logo()),
            file("srv/shop/static/htmx.min.js", script),
            file(f"{modules}/dist/htmx.min.js", script),
            file(f"{modules}/package.json", '{"name": "htmx.org", "version": "2.0.4", "license": "0BSD"}\n'),
        ]
    )


def owner_layer() -> list[Item]:
    """``adduser``, ``chown -R``, ``chmod 777``: each file of the application is stored again, unchanged."""
    copied = [
        (member._replace(uid=SHOP, gid=SHOP), content)
        for member, content in application_layer()
        if member.path.startswith(b"srv/shop/")
    ]
    opened = [
        (member._replace(mode=0o777) if member.path == b"srv/shop/uploads" else member, content)
        for member, content in copied
    ]
    return with_parents(
        [
            *opened,
            directory(b"srv/shop", *SPECIAL[b"srv/shop"]),
            directory(b"home/shop", *SPECIAL[b"home/shop"]),
            file("etc/passwd", f"{PASSWD}shop:x:{SHOP}:{SHOP}::/home/shop:/bin/sh\n"),
            file("etc/group", f"{GROUP}shop:x:{SHOP}:\n"),
            file("etc/shadow", f"{SHADOW}shop:!:20103:0:99999:7:::\n", 0o640),
        ]
    )


def forget_layer() -> list[Item]:
    """``rm .env``: gone from view."""
    return with_parents([deletion("srv/shop/.env")])


def installed(packages: dict[str, tuple[str, str]]) -> str:
    """apk's database: a paragraph for each package, a letter for each field."""
    return "".join(
        f"P:{name}\nV:{version}\nA:x86_64\nL:{licence}\no:{name}\nt:{BUILT}\n\n"
        for name, (version, licence) in sorted(packages.items())
    )


def private_key() -> str:
    """A sentence in the clothes of a key, put together here: no scanner of this repository finds it."""
    body = b64encode(
        b"This is no key. It shows that what a later step deletes is still shipped. " * 4
    ).decode()
    lines = "\n".join(body[at : at + 70] for at in range(0, len(body), 70))
    return "-----{0} {2}-----\n{3}\n-----{1} {2}-----\n".format("BEGIN", "END", "OPENSSH PRIVATE KEY", lines)


BASE = {
    "alpine-baselayout": ("3.6.8-r1", "GPL-2.0-only"),
    "busybox": ("1.37.0-r8", "GPL-2.0-only"),
    "busybox-suid": ("1.37.0-r8", "GPL-2.0-only"),
    "musl": ("1.2.5-r8", "MIT"),
}
BUILD = {"gcc": ("14.2.0-r4", "GPL-3.0-or-later"), "python3": ("3.12.8-r1", "PSF-2.0")}
UPGRADED = dict.fromkeys(("busybox", "busybox-suid"), ("1.37.0-r12", "GPL-2.0-only"))

OS_RELEASE = """\
NAME="Alpine Linux"
ID=alpine
VERSION_ID=3.21.2
PRETTY_NAME="Alpine Linux v3.21"
"""

PASSWD = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n"
GROUP = "root:x:0:root\nnobody:x:65534:\n"
SHADOW = "root:*::0:::::\nnobody:!::0:::::\n"

APPLICATION = """\
from flask import Flask

app = Flask(__name__)


@app.get("/")
def shelf():
    return "Nothing is for sale: this is a demo."
"""

ENVIRONMENT = """\
SHOP_DEBUG=0
SHOP_DB_PASSWORD=0nly-1n-the-demo
"""

CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBHDCBxAIBATAKBggqhkjOPQQDAjAbMRkwFwYDVQQDDBBzaG9wLmV4YW1wbGUu
b3JnMB4XDTI1MDEwMTAwMDAwMFoXDTI2MDEwMTAwMDAwMFowGzEZMBcGA1UEAwwQ
c2hvcC5leGFtcGxlLm9yZzBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABAYqva/H
6k5nLs+bd4NAmud+1bFJzgUpkVnrilAuKBQd7K6Lkeob6/jfDx4Ub1m8b73MGkzh
W2LJrnZFOZTwA4UwCgYIKoZIzj0EAwIDRwAwRAIgUX+Wd21kFDWwo0m1/jLz3wUv
eMx0wF/lt6ca0d3+rUMCIHc68Cg9DqGcAhq6kt3HQCmMO3p71HW3slm0H0y7Q23b
-----END CERTIFICATE-----
"""
"""Self-signed, of a key that was thrown away; valid for the year 2025."""
