"""The command lines that give the same answer as a page, safe to paste into a shell."""

import shlex

from layers.models import Container, Image
from layers.queries.sides import Side
from layers.queries.stack import StackRow
from layers.views.state import LayerState

PROGRAM = "python manage.py"


def word(path: bytes) -> str:
    """An absolute path as one word of a POSIX shell, whatever bytes it holds.

    >>> word(b"etc/motd"), word(b"a b"), word(b"\\x1b[31m")
    ('/etc/motd', "'/a b'", "$'/\\\\033[31m'")
    """
    return quoted(b"/" + path)


def quoted(raw: bytes) -> str:
    """Bytes as one word of a POSIX shell."""
    text = raw.decode("utf-8", "surrogateescape")
    if text.isascii() and text.isprintable():
        return shlex.quote(text)
    plain = b"".join(bytes([b]) if 0x20 <= b < 0x7F and b not in b"\\'" else b"\\%03o" % b for b in raw)
    return f"$'{plain.decode('ascii')}'"


def for_search(text: str) -> list[str]:
    """What searches for a text."""
    word = quoted(text.encode("utf-8", "replace"))
    return [f"{PROGRAM} search {'-- ' if text.startswith('-') else ''}{word}"]


def for_layer(image: str, row: StackRow, state: LayerState, top: int) -> list[str]:
    """What prints the pane of a layer: the changes, or the merged tree."""
    if state.view == "tree":
        own = f"{PROGRAM} ls {image} {word(state.path)} --layer {state.layer}"
        return (
            [f"docker run --rm --entrypoint ls {image} -la {word(state.path)}", own]
            if state.layer == top
            else [own]
        )
    if state.first is not None:
        return [f"{PROGRAM} diff {image} --from {state.first} --to {state.layer}"]
    blob = row.layer.diff_id.replace(":", "/")
    return [
        f"docker save {image} | tar -xO blobs/{blob} | tar -tv",
        f"{PROGRAM} diff {image} --layer {state.layer}",
    ]


def for_file(image: str, path: bytes, layer: int | None, top: int) -> list[str]:
    """What prints a file as it is at a layer, and its life; its life alone where no layer has it yet."""
    if layer is None:
        return for_life(image, path)
    own = [f"{PROGRAM} cat {image} {word(path)} --layer {layer}", *for_life(image, path)]
    return [f"docker run --rm --entrypoint cat {image} {word(path)}", *own] if layer == top else own


def for_life(image: str, path: bytes) -> list[str]:
    """What prints the life of a path."""
    return [f"{PROGRAM} log {image} {word(path)}"]


def for_container(container: Container, path: bytes) -> list[str]:
    """What prints the changes of a container, and the chosen path of it."""
    name = container.name
    chosen = [f"{PROGRAM} cp {name}:{word(path)} -"] if path else []
    return [f"docker diff {name}", f"{PROGRAM} diff {name}", *chosen]


def for_comparison(a: Side, b: Side, tab: str) -> list[str]:
    """What prints the same part of a comparison; of a container with its image as docker does too."""
    own = f"{PROGRAM} compare {shlex.quote(a.text)} {shlex.quote(b.text)}"
    found = [f"{own} --{tab}", own]
    if tab == "files" and b.container is not None and a.container is None and a.is_whole:
        found = [f"docker diff {b.container.name}"] * (a.image == b.image) + found
    return found


def for_compared_file(a: Side, b: Side, path: bytes, *there: object) -> list[str]:
    """What shows the difference of one file, where both are files of images."""
    images = [side for side in (a, b) if side.container is None]
    if len(images) < 2 or None in there:
        return []
    each = [
        f"<({PROGRAM} cat {shlex.quote(side.name)} {word(path)} --layer {side.position})" for side in images
    ]
    return [f"diff {' '.join(each)}"]


def for_save(image: str) -> list[str]:
    """What writes the image into a file."""
    return [f"{tool} save -o {archive_of(image)} {image}" for tool in ("docker", PROGRAM)]


def for_load(image: str) -> str:
    """What brings the saved image into docker."""
    return f"docker load -i {archive_of(image)}"


def archive_of(image: str) -> str:
    """What the file of a saved image is called."""
    return image.replace("/", "_").replace(":", "_") + ".tar"


def name_of(image: Image, names: list[str]) -> str:
    """The shortest thing docker takes for the image: its first name, else its short ID."""
    return names[0] if names else image.image_id.partition(":")[2][:12]
