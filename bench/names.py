"""Paths of a shelf of images, made up by number: words, the shapes of real trees, and a few rare files."""

import hashlib
import random
from typing import Final

SYLLABLES: Final = (
    *("ba", "co", "di", "fu", "ge", "hi", "jo", "ka", "lu", "me", "ni", "or", "pa", "qu", "ra", "se"),
    *("ti", "un", "vo", "wa", "xe", "yl", "zo", "str", "ing", "con", "al", "er"),
)
SHAPES: Final = (
    ("usr/share/doc/{word}", ("copyright", "changelog.gz", "changelog.Debian.gz", "README", "NEWS.gz")),
    ("usr/lib/x86_64-linux-gnu", ("lib{word}.so.{minor}", "lib{word}.so.{minor}.{patch}")),
    ("usr/lib/python3/dist-packages/{word}", ("__init__.py", "{other}.py", "{third}_{other}.py")),
    ("usr/lib/python3.{minor}/site-packages/{word}/{other}", ("__init__.py", "{third}.py", "_{other}.so")),
    ("usr/share/locale/{lang}/LC_MESSAGES", ("{word}.mo", "{other}-{word}.mo")),
    ("usr/share/man/man{digit}", ("{word}.{digit}.gz", "{word}-{other}.{digit}.gz")),
    ("var/lib/dpkg/info", ("{word}.list", "{word}.md5sums", "{word}.postinst", "lib{word}{digit}.list")),
    ("etc/{word}", ("{other}.conf", "conf.d", "{third}.rules")),
    ("usr/include/{word}", ("{other}.h", "{third}_{other}.hpp")),
    ("usr/bin", ("{word}", "{word}-{other}")),
    ("opt/app/node_modules/{word}/lib", ("index.js", "{other}.js", "{other}.min.js", "{third}.d.ts")),
    ("opt/app/node_modules/@{word}/{other}/dist", ("{third}.js", "{third}.js.map", "package.json")),
    ("opt/app/static/{digit}", ("{word}.{hash}.js", "{word}.{hash}.css", "{hash}.woff2")),
    ("srv/{word}/releases/{minor}.{patch}", ("{other}.jar", "{third}.class", "{other}.properties")),
    ("usr/share/zoneinfo/{word}", ("{other}", "{third}")),
)
RARE: Final = {
    "root/.ssh": ["id_rsa", "authorized_keys"],
    "etc/ssl/private": ["server.key", "server.pem"],
    "etc": ["passwd", "group", "shadow", "hosts", "os-release"],
    "etc/pam.d": ["passwd", "common-auth"],
}
CONFIG_ENTRIES: Final = 40

Paths = dict[str, list[str]]
"""Names by directory."""


def vocabulary() -> list[str]:
    """Words to make names of."""
    dice = random.Random(1)
    return sorted({"".join(dice.choices(SYLLABLES, k=dice.randint(2, 4))) for _ in range(30_000)})


def made_up(words: list[str], family: int, version: int, count: int) -> Paths:
    """So many paths: a family has most of them in common, a version some of its own."""
    common, own = random.Random(family), random.Random(f"{family} {version}")
    paths: Paths = {}
    made = 0
    while made < count:
        dice = common if made < count * 0.75 else own
        directory, names = dice.choice(SHAPES)
        fields = drawn(dice, words)
        place = directory.format(**fields)
        there = paths.setdefault(place, [])
        for _ in range(dice.randint(1, 8)):
            there += [name.format(**fields) for name in names]
            fields = {**drawn(dice, words), "word": fields["word"]}
            made += len(names)
    for place, rare in RARE.items():
        paths.setdefault(place, []).extend(rare if version % 7 == 0 else rare[1:])
    return with_parents(paths)


def drawn(dice: random.Random, words: list[str]) -> dict[str, object]:
    """What one name is put together from."""
    return {
        "word": dice.choice(words),
        "other": dice.choice(words),
        "third": dice.choice(words),
        "lang": dice.choice(words)[:2],
        "digit": dice.randint(1, 8),
        "minor": dice.randint(1, 30),
        "patch": dice.randint(0, 99),
        "hash": f"{dice.getrandbits(40):010x}",
    }


def settings(paths: Paths, number: int) -> Paths:
    """A few files of the layer below again, and some new ones."""
    dice = random.Random(number)
    chosen = dice.sample(sorted(place for place in paths if paths[place]), 8)
    again = {place: paths[place][: CONFIG_ENTRIES // 8] for place in chosen}
    return with_parents({**again, f"etc/app{number}": ["settings.yaml", ".env"]})


def with_parents(paths: Paths) -> Paths:
    """The same, every directory an entry of the one above it."""
    whole = {place: set(names) for place, names in paths.items()}
    for place in list(whole):
        while place:
            place, _, name = place.rpartition("/")
            whole.setdefault(place, set()).add(name)
    return {place: sorted(whole[place]) for place in sorted(whole)}


def content_of(place: str, name: str, seed: int, at: int) -> bytes:
    """The sha256 of a file's content: one file in five changes with every third layer of its kind."""
    version = seed // 3 if at % 5 == 0 else 0
    return hashlib.sha256(f"{place}/{name} {version}".encode()).digest()
