"""What the layers of the demo images hold: a small Debian with a web server, and one careless commit."""

import zlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from struct import pack

from layers.oci.changeset.entry import Kind, Member
from layers.oci.changeset.paths import ancestors
from layers.operations.demo_server import server_program

Item = tuple[Member, bytes]
"""A member and its content."""

BUILT_AT = datetime(2025, 1, 15, 9, 0, tzinfo=UTC)
COMMITTED_AT = datetime(2025, 1, 16, 14, 30, tzinfo=UTC)
BUILT, COMMITTED = int(BUILT_AT.timestamp()), int(COMMITTED_AT.timestamp())
NGINX = 101
PACKAGE_SIZE = 4 * 2**20
SPECIAL = {b"root": (0o700, 0), b"tmp": (0o1777, 0), b"var/cache/nginx": (0o755, NGINX)}
"""Directories that are not 0755 and root's, as they stand in the finished image."""


def file(path: str, content: str | bytes, mode: int = 0o644, mtime: int = BUILT) -> Item:
    """A regular file of root's."""
    raw = content.encode() if isinstance(content, str) else content
    return Member(path.encode(), Kind.FILE, mode, 0, 0, len(raw), mtime, 0, None, None, None), raw


def directory(path: bytes, mode: int = 0o755, owner: int = 0, mtime: int = BUILT) -> Item:
    """A directory."""
    return Member(path, Kind.DIRECTORY, mode, owner, owner, 0, mtime, 0, None, None, None), b""


def link(path: str, target: str, kind: Kind = Kind.SYMLINK) -> Item:
    """A symlink, or a hard link."""
    mode = 0o777 if kind is Kind.SYMLINK else 0o644
    return Member(path.encode(), kind, mode, 0, 0, 0, BUILT, 0, None, target.encode(), None), b""


def deletion(path: str) -> Item:
    """A whiteout."""
    return Member(path.encode(), Kind.WHITEOUT, 0, 0, 0, 0, BUILT, 0, None, None, None), b""


def with_parents(items: Iterable[Item], special: Mapping[bytes, tuple[int, int]] = SPECIAL) -> list[Item]:
    """The items, and the directories that hold them."""
    given = list(items)
    there = {member.path for member, _ in given}
    above = {path for member, _ in given for path in ancestors(member.path) if path} - there
    return given + [directory(path, *special.get(path, (0o755, 0))) for path in sorted(above)]


def base_layer() -> list[Item]:
    """The root filesystem everything stands on."""
    empty = (b"dev", b"home", b"proc", b"run", b"srv", b"sys", b"usr/bin", b"usr/lib", b"var/lib/apt/lists")
    links = [link(name, f"usr/{name}") for name in ("bin", "lib", "sbin")]
    authority = "NetLock_Arany_=Class_Gold=_Főtanúsítvány"
    return with_parents(
        [
            *map(directory, empty),
            directory(b"tmp", *SPECIAL[b"tmp"]),
            *links,
            file(
                "etc/passwd",
                "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n",
            ),
            file("etc/group", "root:x:0:\nshadow:x:42:\nnogroup:x:65534:\n"),
            file("etc/shadow", "root:*:20000:0:99999:7:::\n", 0o640),
            file("etc/debian_version", "12.9\n"),
            file("etc/motd", "A small Debian, made for looking at.\n"),
            file("root/.bashrc", "export PS1='\\u@\\h:\\w# '\numask 022\n"),
            file("root/.profile", "[ -f ~/.bashrc ] && . ~/.bashrc\n"),
            file("usr/lib/os-release", OS_RELEASE),
            link("etc/os-release", "../usr/lib/os-release"),
            file("usr/share/zoneinfo/Etc/UTC", b"TZif2" + bytes(39) + b"TZif2" + bytes(39) + b"\nUTC0\n"),
            link("usr/share/zoneinfo/UTC", "usr/share/zoneinfo/Etc/UTC", Kind.HARDLINK),
            file(f"usr/share/ca-certificates/mozilla/{authority}.crt", "(a certificate would stand here)\n"),
            link(f"etc/ssl/certs/{authority}.pem", f"/usr/share/ca-certificates/mozilla/{authority}.crt"),
        ]
    )


def install_layer() -> list[Item]:
    """What ``apt-get install nginx`` leaves: the program, its files, and the downloads nobody needs again."""
    return with_parents(
        [
            file("etc/passwd", f"{PASSWD}nginx:x:{NGINX}:{NGINX}:nginx user:/nonexistent:/bin/false\n"),
            file("etc/group", f"{GROUP}nginx:x:{NGINX}:\n"),
            file("etc/nginx/nginx.conf", CONF.format(workers=1)),
            file("etc/nginx/mime.types", "types {\n    text/html  html htm;\n    image/png  png;\n}\n"),
            file("usr/sbin/nginx", server_program(), 0o755),
            file("usr/share/doc/nginx/README", README),
            file("usr/share/nginx/html/index.html", page("Welcome to nginx!", "The web server is running.")),
            file("usr/share/nginx/html/50x.html", page("An error occurred.", "Please try again later.")),
            file("usr/share/nginx/html/logo.png", logo()),
            directory(b"var/cache/nginx"),
            directory(b"var/log/nginx"),
            file("var/cache/apt/archives/nginx_1.27.3-1_amd64.deb", numbered("package", PACKAGE_SIZE)),
            file("var/lib/apt/lists/deb.debian.org_debian_dists_bookworm_Packages", numbered("index", 2**18)),
            file("var/log/dpkg.log", "2025-01-15 09:02:00 status installed nginx:amd64 1.27.3-1\n"),
        ]
    )


def clean_layer() -> list[Item]:
    """``rm`` in a layer of its own: the files are gone from view, and still shipped below."""
    return with_parents(
        [
            deletion("var/cache/apt/archives/nginx_1.27.3-1_amd64.deb"),
            deletion("var/lib/apt/lists/deb.debian.org_debian_dists_bookworm_Packages"),
        ]
    )


def configure_layer() -> list[Item]:
    """``COPY nginx.conf``: one file, changed."""
    return with_parents([file("etc/nginx/nginx.conf", CONF.format(workers="auto"), mtime=BUILT + 180)])


def permissions_layer() -> list[Item]:
    """New links, an owner and a mode: the configuration's content is the same, and stored again."""
    return with_parents(
        [
            directory(b"var/cache/nginx", *SPECIAL[b"var/cache/nginx"]),
            directory(b"data"),
            file("etc/nginx/nginx.conf", CONF.format(workers="auto"), 0o640, BUILT + 180),
            link("var/log/nginx/access.log", "/dev/stdout"),
            link("var/log/nginx/error.log", "/dev/stderr"),
        ]
    )


def commit_layer() -> list[Item]:
    """A changed page, and all that a container picks up while somebody works in it."""
    kept = ("client_temp", "fastcgi_temp", "proxy_temp", "scgi_temp", "uwsgi_temp")
    return with_parents(
        [
            file(
                "usr/share/nginx/html/index.html", page("Hello, Docker!", "Changed by hand."), mtime=COMMITTED
            ),
            deletion("usr/share/nginx/html/50x.html"),
            file("root/.bash_history", HISTORY, 0o600, COMMITTED),
            file("run/nginx.pid", "1\n", mtime=COMMITTED),
            file("var/cache/apt/pkgcache.bin", numbered("pkgcache", 3 * 2**17), mtime=COMMITTED),
            file("var/cache/apt/srcpkgcache.bin", numbered("srcpkgcache", 2**18), mtime=COMMITTED),
            *(directory(f"var/cache/nginx/{name}".encode(), 0o700, NGINX, COMMITTED) for name in kept),
        ]
    )


def numbered(word: str, size: int) -> bytes:
    """Content of a size, that is large to look at and small to send."""
    line = f"{word}: stands for {size} bytes that came from elsewhere\n".encode()
    return (line * (size // len(line) + 1))[:size]


def page(title: str, text: str) -> str:
    """A web page of a few lines."""
    head = f'<head>\n<meta charset="utf-8">\n<title>{title}</title>\n</head>\n'
    return f"<!DOCTYPE html>\n<html>\n{head}<body>\n<h1>{title}</h1>\n<p>{text}</p>\n</body>\n</html>\n"


def logo() -> bytes:
    """A PNG of 32 by 32 pixels, one bit each: three layers. Stored, so every zlib gives the same bytes."""
    bar = [0] * 3 + [0x3FFFFFFC] * 6
    raw = b"".join(b"\0" + pack(">I", row) for row in [*bar, *bar, *bar, *[0] * 5])
    stored = b"\x78\x01\x01" + pack("<HH", len(raw), len(raw) ^ 0xFFFF) + raw + pack(">I", zlib.adler32(raw))
    header = pack(">2I5B", 32, 32, 1, 3, 0, 0, 0)
    chunks = {b"IHDR": header, b"PLTE": bytes.fromhex("ffffff2560a8"), b"IDAT": stored, b"IEND": b""}
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks.items()
    )


PASSWD = """\
root:x:0:0:root:/root:/bin/sh
nobody:x:65534:65534:nobody:/:/usr/sbin/nologin
"""

GROUP = """\
root:x:0:
shadow:x:42:
nogroup:x:65534:
"""

OS_RELEASE = """\
PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
ID=debian
"""

CONF = """\
user  nginx;
worker_processes  {workers};

http {{
    include  /etc/nginx/mime.types;

    server {{
        listen  80;
        root    /usr/share/nginx/html;
    }}
}}
"""

README = """\
This is a demo image of imagebrowser. Its layers, its history and its commit are
laid out as Docker and a Debian package would; the files are small stand-ins.
/usr/sbin/nginx is not nginx: it is a server of 504 bytes that answers every
request on port 80 with /usr/share/nginx/html/index.html. There is no shell.
"""

HISTORY = """\
echo '<h1>Hello, Docker!</h1>' > /usr/share/nginx/html/index.html
rm /usr/share/nginx/html/50x.html
apt-get update
curl -u admin:this-password-is-now-in-the-image https://intranet.example/backup
exit
"""
