"""Images whose every text is markup: what grows an element called ``pwned`` was taken for a page of ours."""

import json
import subprocess
import sys
from pathlib import Path

from tests.layered import LayerFiles, layered_archive
from tests.oci.archives import packed
from tests.shop import npm

HOSTILE = Path(__file__).resolve().parent.parent / "hostile" / "make_hostile.py"
REFUSED = ("config-xss-dates.docker.tar", "labels-100k.docker.tar")
"""What has no page."""
PLANT = '"\'><img id=pwned src=x onerror=alert(1)><a id=pwned2 href="javascript:alert(1)">x<'
"""Ends an attribute, a tag and a line of script; without a slash, so that it can be one name."""
ENDS = "</pre></textarea></title></style></script></template><svg id=pwned3 onload=alert(1)>" + PLANT
UNSEEN = "\x1b]8;;javascript:alert(1)\x07\u202egpj.\u2066\u200b\ufeff\x1b[2J"
PAGE = f"<!doctype html><base href=//evil.invalid><script>alert(1)</script><h1 id=pwned4>{ENDS}</h1>"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
SCRIPT = f"alert(1)//{ENDS}"


def dpkg(version: str) -> bytes:
    text = (
        f"Package: a{PLANT}\nStatus: install ok installed\nArchitecture: {PLANT}\nVersion: {version}{PLANT}\n"
    )
    return f"{text}Maintainer: {ENDS}\nHomepage: javascript:alert(1)\nDescription: {ENDS}\n\n".encode()


def files(version: str) -> LayerFiles:
    """A layer; of each ``version`` every file is another."""
    return {
        "etc/os-release": f'ID="{PLANT}"\nPRETTY_NAME="{ENDS}"\nVERSION_ID="{version}"\n'.encode(),
        "etc/passwd": f"root:x:0:0:{ENDS}:/:{PLANT}\n{PLANT}{version}:x:7:7::/:/x\n".encode(),
        "var/lib/dpkg/status": dpkg(version),
        "node_modules/x/package.json": npm(PLANT, version + PLANT),
        "page.html": f"{version}{PAGE}\n".encode(),
        "picture.svg": f"{SVG}<!-- {version} -->\n".encode(),
        "sw.js": f"{SCRIPT}\n{version}\n".encode(),
        "secret.env": f"API_TOKEN={PLANT}{version}k3yT0Th3D00r\nPASSWORD={ENDS}\n".encode(),
        f"{PLANT}/": b"",
        f"{PLANT}/{PLANT}.html": f"{PAGE}{version}".encode(),
        f"{UNSEEN}": version.encode(),
        "javascript:alert(1)": version.encode(),
        f"link{version}": (b"2", PLANT),
        f"setuid{PLANT}": (version.encode(), 0o4755),
        f"gone{PLANT}" if version == "1" else f".wh.gone{PLANT}": b"",
    }


def planted() -> bytes:
    """``planted:1``, two layers of hostile files, and every field of its config hostile."""
    created = "2024-01-02T03:04:05Z"
    history = [
        {"created": created, "created_by": f"{text} {ENDS}", "comment": ENDS, "author": UNSEEN + PLANT}
        for text in ("/bin/sh -c #(nop) COPY", "RUN /bin/sh -c")
    ]
    inner = {
        "Env": [f"A={ENDS}", PLANT, f"PASSWORD={PLANT}", f"{ENDS}={UNSEEN}"],
        "Cmd": [ENDS, UNSEEN],
        "Entrypoint": [PLANT],
        "WorkingDir": "/" + ENDS,
        "User": PLANT,
        "ExposedPorts": {PLANT: {}},
        "Volumes": {ENDS: {}},
        "StopSignal": PLANT,
        "Shell": [ENDS],
        "Healthcheck": {"Test": ["CMD", ENDS]},
        "OnBuild": [f"RUN {ENDS}"],
        "Labels": {ENDS: PLANT, PLANT: UNSEEN, "org.opencontainers.image.url": "javascript:alert(1)"},
    }
    return layered_archive(
        files("1"),
        files("2"),
        name="planted:1",
        created=created,
        author=ENDS,
        comment=PLANT,
        variant=PLANT,
        docker_version=ENDS,
        history=history,
        config=inner,
    )


def refused() -> bytes:
    """An archive whose refusal tells a hostile name."""
    manifest = [{"Config": PLANT, "RepoTags": [PLANT], "Layers": [ENDS]}]
    return packed(("manifest.json", json.dumps(manifest).encode()))


def generated(folder: Path) -> dict[str, bytes]:
    """The ``names`` group of the hostile corpus."""
    run = [sys.executable, str(HOSTILE), str(folder), "--only", "names/*"]
    subprocess.run(run, check=True, capture_output=True, timeout=120)
    found = [path for kind in ("docker", "oci") for path in sorted((folder / "names").glob(f"*.{kind}.tar"))]
    return {path.name: path.read_bytes() for path in found if path.name not in REFUSED}
