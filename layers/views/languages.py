"""Which language an editor colours a file in: told by its name, or by its first line."""

import re

BY_NAME = {
    "dockerfile": "dockerfile",
    "containerfile": "dockerfile",
    "gemfile": "ruby",
    "rakefile": "ruby",
    "nginx.conf": "nginx",
    "composer.lock": "json",
    "poetry.lock": "toml",
    "cargo.lock": "toml",
    ".bashrc": "shell",
    ".profile": "shell",
    "profile": "shell",
    "bash.bashrc": "shell",
    "pkgbuild": "shell",
    "apkbuild": "shell",
}
BY_ENDING = {
    "bash": "shell",
    "c": "c",
    "cc": "cpp",
    "cfg": "properties",
    "cjs": "javascript",
    "cnf": "properties",
    "conf": "properties",
    "cpp": "cpp",
    "css": "css",
    "desktop": "properties",
    "diff": "diff",
    "dockerfile": "dockerfile",
    "env": "properties",
    "go": "go",
    "h": "c",
    "hpp": "cpp",
    "htm": "html",
    "html": "html",
    "ini": "properties",
    "java": "java",
    "js": "javascript",
    "json": "json",
    "jsx": "jsx",
    "list": "properties",
    "lua": "lua",
    "map": "json",
    "markdown": "markdown",
    "md": "markdown",
    "mjs": "javascript",
    "patch": "diff",
    "php": "php",
    "pl": "perl",
    "pm": "perl",
    "properties": "properties",
    "py": "python",
    "rb": "ruby",
    "rs": "rust",
    "service": "properties",
    "sh": "shell",
    "socket": "properties",
    "sources": "properties",
    "sql": "sql",
    "svg": "xml",
    "toml": "toml",
    "ts": "typescript",
    "xhtml": "html",
    "xml": "xml",
    "xsd": "xml",
    "xsl": "xml",
    "yaml": "yaml",
    "yml": "yaml",
}
BY_PROGRAM = {
    "ash": "shell",
    "bash": "shell",
    "dash": "shell",
    "lua": "lua",
    "node": "javascript",
    "perl": "perl",
    "php": "php",
    "python": "python",
    "ruby": "ruby",
    "sh": "shell",
    "zsh": "shell",
}
PROGRAM = re.compile(r"#!\s*\S*/(?:env\s+(?:-\S+\s+)*)?([a-z]+)")


def language_of(path: bytes, text: str) -> str:
    """A language that the editor knows; nothing for plain text.

    >>> language_of(b"etc/nginx/conf.d/default.conf", ""), language_of(b"usr/bin/x", "#!/usr/bin/env python3")
    ('nginx', 'python')
    """
    directory, _, name = path.decode("utf-8", "replace").lower().rpartition("/")
    ending = name.rpartition(".")[2] if "." in name else ""
    if name in BY_NAME or name.startswith("dockerfile."):
        return BY_NAME.get(name, "dockerfile")
    if "nginx" in directory.split("/") and ending in ("conf", ""):
        return "nginx"
    program = PROGRAM.match(text)
    return BY_ENDING.get(ending) or (BY_PROGRAM.get(program[1], "") if program else "")
