"""The house rules that a program can see: imports point down, functions and files stay short."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# From the bottom up; a module imports from its own row and the rows above it in this list.
ORDER = [
    {"layers.oci"},
    {"layers.storage", "layers.uploads", "layers.folders", "layers.pathindex"},
    {"layers.models"},
    {"layers.queries"},
    {"layers.operations"},
    {"layers.jobs"},
    {
        "layers.forms",
        "layers.converters",
        "layers.checks",
        "layers.apps",
        "layers.connections",
        "layers.server",
    },
    {"layers.views", "layers.management", "layers.templatetags"},
    {"layers.urls"},
    {"imagebrowser"},
]
CORE_ORDER = [
    {"errors", "limits"},
    {"digest", "gojson", "strictjson", "strictyaml"},
    {"mediatype", "reference"},
    {"descriptor"},
    {"config", "manifest"},
    {"dockerfile"},
    {"changes"},
    {"changeform", "commit"},
    {"changeset"},
    {"unionfs"},
    {"archive", "packages", "rebuilt", "recipe"},
    {"findings"},
]
CORE_CODECS = {"isal", "zstandard"}
CODEC_MODULES = "layers.oci.changeset"
LONGEST_FUNCTION = 60
LONGEST_FILE = 300
"""About 250 is what we aim at; past this it is two files."""


def sources(*folders: str) -> list[Path]:
    found = chain.from_iterable((ROOT / folder).rglob("*.py") for folder in folders)
    return sorted(path for path in found if "migrations" not in path.parts)


PROGRAM = sources("imagebrowser", "layers")
CORE = sources("layers/oci")


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    """Every module the file imports; ``from layers import views`` is ``layers.views``."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            yield from (f"{base}.{alias.name}" for alias in node.names)


def row(order: list[set[str]], module: str) -> int | None:
    for number, names in enumerate(order):
        if any(module == name or module.startswith(f"{name}.") for name in names):
            return number
    return None


@pytest.mark.parametrize("path", PROGRAM, ids=relative)
def test_imports_point_down(path):
    here = row(ORDER, name_of(path))
    assert here is not None or name_of(path) == "layers", "give the module a row in ORDER"
    above = [module for module in imports(path) if (row(ORDER, module) or 0) > (here or 0)]

    assert above == []


@pytest.mark.parametrize("path", CORE, ids=relative)
def test_imports_inside_the_core_point_down(path):
    inside = [
        module.removeprefix("layers.oci.") for module in imports(path) if module.startswith("layers.oci.")
    ]
    here = row(CORE_ORDER, name_of(path).removeprefix("layers.oci.").removeprefix("layers.oci"))
    assert here is not None or name_of(path) == "layers.oci", "give the module a row in CORE_ORDER"

    assert [module for module in inside if (row(CORE_ORDER, module) or 0) > (here or 0)] == []


@pytest.mark.parametrize("path", CORE, ids=relative)
def test_the_core_uses_only_the_standard_library_and_codecs(path):
    allowed = sys.stdlib_module_names | {"layers"}
    if name_of(path).startswith(CODEC_MODULES):
        allowed |= CORE_CODECS

    assert {module.partition(".")[0] for module in imports(path)} - allowed == set()
    assert [m for m in imports(path) if m.startswith("layers") and not m.startswith("layers.oci")] == []


@pytest.mark.parametrize("path", [*PROGRAM, *sources("tests")], ids=relative)
def test_imports_are_absolute_and_at_the_top(path):
    relative_imports = [
        node.lineno for node in ast.walk(tree_of(path)) if isinstance(node, ast.ImportFrom) and node.level
    ]
    hidden = [
        inner.lineno
        for outer in ast.walk(tree_of(path))
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        for inner in ast.walk(outer)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]

    assert relative_imports == []
    assert hidden == []


@pytest.mark.parametrize("path", PROGRAM, ids=relative)
def test_functions_and_files_stay_short(path):
    long = [
        f"{node.name}: {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno >= LONGEST_FUNCTION
    ]

    lines = path.read_text(encoding="utf-8").count("\n")

    assert long == []
    assert lines <= LONGEST_FILE


@pytest.mark.parametrize("path", PROGRAM, ids=relative)
def test_every_module_says_what_it_is(path):
    assert ast.get_docstring(tree_of(path)) or not tree_of(path).body


def test_the_core_is_usable_without_django():
    code = f"import {', '.join(map(name_of, CORE))}, sys; print('django' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True).stdout == b"False\n"
