"""Histories of every builder, told as Dockerfiles."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.oci.changes import FORMS, apply_changes, parse_changes
from layers.oci.config import History, ImageConfig, texts
from layers.oci.dockerfile.gotext import bare_list, health_of, quoted_list
from layers.oci.dockerfile.recorded import Origin, read_row
from layers.oci.dockerfile.sources import LayerFacts
from layers.oci.limits import Limits
from layers.oci.rebuilt import DEFAULT_PATH, GUESSED, Base, RebuiltDockerfile, rebuild, settled

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
RUNTIME = ("Cmd", "Entrypoint", "Env", "ExposedPorts", "Healthcheck", "Labels", "OnBuild", "Shell")
RUNTIME += ("StopSignal", "User", "Volumes", "WorkingDir")
DIFF_ID = "sha256:" + "0" * 64
HASH = "4bf33a9792249481b59c97849cc39df0bada145ac0bd5303e5d70e751598b181"


def golden_configs() -> list[tuple[str, bytes]]:
    found = []
    for case in ("09-config", "14-commit-config", "01-webserver"):
        golden = json.loads((GOLDEN / case / "golden.json").read_text())
        found += [(f"{case}-{image['id'][7:19]}", image["config_raw"].encode()) for image in golden["images"]]
        found += [
            (f"{case}-commit-{number}", commit["config_raw"].encode())
            for number, commit in enumerate(golden.get("commits", []))
            if "config_raw" in commit
        ]
    return found


def str_of(value: object) -> str:
    return value if isinstance(value, str) else ""


def parsed(raw: bytes) -> ImageConfig:
    return ImageConfig.parse(raw, "config", Limits())


def no_facts(position: int) -> LayerFacts:
    return LayerFacts()


def built(
    *rows: str | dict[str, object],
    config: dict[str, object] | None = None,
    facts: LayerFacts | None = None,
    base: Base | None = None,
    layers: int | None = None,
) -> RebuiltDockerfile:
    """Of a history; a row that is a dictionary makes no layer unless it says so."""
    history = [{"created_by": row} if isinstance(row, str) else {"empty_layer": True} | row for row in rows]
    count = sum(not row.get("empty_layer") for row in history) if layers is None else layers
    document = {"config": config or {}, "history": history, "rootfs": {"diff_ids": [DIFF_ID] * count}}
    return rebuild(parsed(json.dumps(document).encode()), base, lambda position: facts or LayerFacts())


def lines(rebuilt: RebuiltDockerfile) -> list[str]:
    return [line.text for line in rebuilt.lines[1:]]


def nop(text: str) -> dict[str, object]:
    return {"created_by": f"/bin/sh -c #(nop)  {text}"}


@pytest.mark.parametrize(
    ("name", "raw"), golden_configs(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_the_lines_make_the_config_that_the_engine_made(name, raw):
    """Whoever carries out the lines for the config ends with what docker wrote into it."""
    config = parsed(raw)
    rebuilt = rebuild(config, None, no_facts)
    runtime: dict[str, object] = {}
    if DEFAULT_PATH in texts(config.runtime.get("Env")):
        runtime = {"Env": [DEFAULT_PATH]}
    said = [line.text for line in rebuilt.lines if line.text.split(" ")[0] in FORMS]
    emptied = {line for line in said if line.endswith(" []")}
    runtime = apply_changes(
        runtime, parse_changes([line for line in said if line not in emptied], allowed=FORMS)
    )
    runtime |= {name: None for name in ("Cmd", "Entrypoint") if f"{name.upper()} []" in emptied}

    assert comparable(runtime) == comparable(config.runtime)


def comparable(runtime: Mapping[str, object]) -> dict[str, object]:
    """The fields that lines set; variables in no order: a run puts them in another than a build."""
    runtime = settled(runtime)
    variables = (line.partition("=") for line in texts(runtime.get("Env")))
    found = {name: runtime.get(name) or None for name in RUNTIME}
    return found | {"Env": {name: value for name, _, value in variables}}


def test_the_classic_builder():
    """The recorded build of every instruction: its Dockerfile, but for what the builder does not keep."""
    golden = json.loads((GOLDEN / "09-config" / "golden.json").read_text())
    facts = {
        0: LayerFacts((), 5, (0, 0)),
        3: LayerFacts((b"work/sub/one.txt", b"work/sub/two.txt"), 2, (0, 0)),
        5: LayerFacts((b"added/one.txt",), 1, (0, 0)),
    }
    config = parsed(golden["images"][0]["config_raw"].encode())
    rebuilt = rebuild(config, None, lambda position: facts.get(position, LayerFacts()))

    assert rebuilt.text.splitlines() == [
        "FROM scratch",
        "MAINTAINER Old Style <old@example.com>",
        "# guessed: an archive that was unpacked; its name is not recorded",
        "ADD rootfs.tar /",
        "ARG BUILDARG=default",
        "ARG NOVALUE",
        'ENV A=1 B="two words" C="with space"',
        'ENV LEGACY="legacy form of env"',
        'ENV UNI="中文 値" REF=1xgiven',
        'LABEL one=1 two="2 words" three.with.dots=3',
        'LABEL multi="line one line two"',
        'LABEL org.opencontainers.image.description="a < b && c > d \\"quoted\\""',
        "EXPOSE 443/tcp 53/udp 80 8000-8002",
        'VOLUME ["/data", "/var/lib/x"]',
        'VOLUME ["/with space", "/data2"]',
        "WORKDIR /work",
        "WORKDIR /work/sub",
        "# guessed: the builder keeps a hash of the source; the name is that of the file in the layer",
        "COPY one.txt two.txt ./",
        "# guessed: the builder keeps a hash of the source, not its name",
        "COPY --chown=33:33 copied/ /copied/",
        "# guessed: the builder keeps a hash of the source; the name is that of the file in the layer",
        "ADD one.txt /added/",
        "USER www:www",
        "STOPSIGNAL SIGRTMIN+3",
        'HEALTHCHECK --interval=30s --timeout=3s --start-period=5s --retries=4 CMD ["/pause", "--check"]',
        'SHELL ["/bin/sh", "-ec"]',
        "ONBUILD COPY . /app",
        "ONBUILD RUN make /app",
        'ENTRYPOINT ["/pause", "--entry"]',
        'CMD ["arg one", "arg2"]',
    ]


def test_buildkit():
    """It keeps names, and no triggers: those come from the config."""
    golden = json.loads((GOLDEN / "09-config" / "golden.json").read_text())
    config = parsed(golden["images"][2]["config_raw"].encode())
    owned = LayerFacts((b"copied/a",), 1, (33, 33))
    rebuilt = rebuild(config, None, lambda position: owned if position == 4 else LayerFacts())

    assert "ADD rootfs.tar /" in lines(rebuilt)
    assert "COPY one.txt two.txt ./" in lines(rebuilt)
    assert "COPY --chown=33:33 dir /copied/" in lines(rebuilt)
    assert "EXPOSE 443/tcp 53/udp 80/tcp 8000/tcp 8001/tcp 8002/tcp" in lines(rebuilt)
    assert [line.text for line in rebuilt.lines if line.guess] == [
        "COPY --chown=33:33 dir /copied/",
        "ONBUILD COPY . /app",
        "ONBUILD RUN make /app",
    ]


@pytest.mark.parametrize(
    ("created_by", "line"),
    [
        ("/bin/sh -c apt-get update", "RUN apt-get update"),
        ("RUN /bin/sh -c apt-get update # buildkit", "RUN apt-get update"),
        ("RUN apt-get update", "RUN apt-get update"),
        ("/bin/bash -o pipefail -c a | b", "RUN a | b"),
        ("/bin/sh -c set -x     && a \t\t&& b", "RUN set -x \\\n    && a \\\n    && b"),
        ("/bin/sh -c echo 'a    b' \"c    d\" e\\    f", "RUN echo 'a    b' \"c    d\" e\\  \\\n    f"),
        ("/bin/sh -c [ -f x ] && y", "RUN [ -f x ] && y"),
    ],
)
def test_a_command_reads_as_it_was_written(created_by, line):
    rebuilt = built(created_by)

    assert [(found.text, found.guess) for found in rebuilt.lines[1:]] == [(line, "")]


def test_build_arguments():
    rebuilt = built(
        nop("ARG VERSION=1"),
        "|2 TOKEN=two words VERSION=1 /bin/sh -c make",
        "RUN |2 TOKEN=two words VERSION=2 /bin/sh -c make again # buildkit",
        f"|1 A=b /bin/sh -c #(nop) COPY file:{HASH} in /x ",
    )

    assert [(line.text, bool(line.guess)) for line in rebuilt.lines[1:]] == [
        ("ARG VERSION=1", False),
        ('ARG TOKEN="two words"', True),
        ("RUN make", False),
        ("# built with --build-arg VERSION=2", False),
        ("RUN make again", False),
        ("COPY x/ /x", True),
    ]


def test_heredocs():
    rebuilt = built(
        "RUN /bin/sh -c set -e\necho one\nEOF\n # buildkit",
        "RUN /bin/sh -c python3 <<PY\nprint(1)\nPY # buildkit",
    )

    assert rebuilt.text.splitlines() == [
        "# syntax=docker/dockerfile:1",
        "FROM scratch",
        *["RUN <<EOF_", "set -e", "echo one", "EOF", "EOF_"],
        *["RUN python3 <<PY", "print(1)", "PY"],
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('CMD ["/bin/sh" "-c" "nginx -g"]', "CMD nginx -g"),
        ('CMD ["/bin/sh" "-c" "[\\"x\\"]"]', 'CMD ["/bin/sh", "-c", "[\\"x\\"]"]'),
        ('ENTRYPOINT ["a" "b\\tc" "d\\"e"]', 'ENTRYPOINT ["a", "b\\tc", "d\\"e"]'),
        ('CMD ["a", "b"]', 'CMD ["a", "b"]'),
        ("CMD []", "CMD []"),
        ("ENV A=$5 \"x\"", 'ENV A="\\$5 \\"x\\""'),
        ("ENV A=", 'ENV A=""'),
        ("EXPOSE [80/tcp 443/tcp]", "EXPOSE 80/tcp 443/tcp"),
        ("VOLUME [/a /b]", 'VOLUME ["/a", "/b"]'),
        ("USER 0", "USER 0"),
        ("WORKDIR /with space", 'WORKDIR "/with space"'),
        ('HEALTHCHECK &{["CMD-SHELL" "curl -f x || exit 1"] "1m30s" "0s" "0s" "5s" \'\\n\'}',
         "HEALTHCHECK --interval=90s --start-interval=5s --retries=10 CMD curl -f x || exit 1"),
        ('HEALTHCHECK &{["NONE"] "0s" "0s" "0s" \'\\x00\'}', "HEALTHCHECK NONE"),
    ],
)  # fmt: skip
def test_spelling(text, line):
    assert lines(built(nop(text)))[0] == line


def test_pairs_that_could_be_read_in_two_ways_are_read_by_the_config_or_marked():
    config = {"Env": ["A=x B=y", "C=1 2"]}
    known = built(nop("ENV A=x B=y C=1 2"), config=config)
    unknown = built(nop("LABEL a=x b=y z c=1"), config={"Labels": {"a": "x", "b": "other", "c": "1"}})

    assert [(line.text, line.guess) for line in known.lines[1:]] == [('ENV A="x B=y" C="1 2"', "")]
    assert unknown.lines[1].text == 'LABEL a=x b="y z" c=1'
    assert unknown.lines[1].guess


def test_the_base_is_cut_out_with_its_settings():
    base = Base("debian:12", 2, {"Env": ["PATH=/bin"], "Cmd": ["bash"], "OnBuild": ["RUN x"]})
    rebuilt = built(
        f"/bin/sh -c #(nop) ADD file:{HASH} in / ",
        nop('CMD ["bash"]'),
        "RUN /bin/sh -c make # buildkit",
        config={"Env": ["PATH=/bin", "NEW=1"], "Cmd": ["bash"]},
        base=base,
    )

    assert rebuilt.text.splitlines() == [
        "FROM debian:12",
        "RUN make",
        "# guessed: no step tells of it; the config has it",
        "ENV NEW=1",
    ]


def test_buildah_names_its_base():
    rebuilt = built(
        {"created_by": f"/bin/sh -c #(nop) ADD file:{HASH} in /", "empty_layer": False},
        nop("ENV A=1"),
        {
            "created_by": "/bin/sh -c make",
            "comment": "FROM docker.io/library/alpine:3.19",
            "empty_layer": False,
        },
        config={"Env": ["A=1"]},
    )

    assert [(line.text, bool(line.guess)) for line in rebuilt.lines] == [
        ("FROM docker.io/library/alpine:3.19", True),
        ("RUN make", False),
    ]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"created_by": "bash", "comment": "fixed it"}, "# bash (fixed it)\nADD layer-0.tar /"),
        ({"created_by": "", "comment": "Imported from -"}, "# (Imported from -)\nADD layer-0.tar /"),
        ({"created_by": "Buildpacks Application Layer"}, "# Buildpacks Application Layer\nADD layer-0.tar /"),
        ({"created_by": "# debian.sh --arch 'amd64'"}, "# # debian.sh --arch 'amd64'\nADD layer-0.tar /"),
        ({}, "ADD layer-0.tar /"),
        ({"created_by": "line\nFROM evil"}, "# line\n# FROM evil\nADD layer-0.tar /"),
    ],
)
def test_rows_of_no_dockerfile_become_their_layer(row, expected):
    (line,) = built({"empty_layer": False} | row).lines[1:]

    assert line.text == expected
    assert line.guess


def test_layers_that_no_row_tells_of():
    rebuilt = built("RUN /bin/sh -c a # buildkit", layers=3)

    assert lines(rebuilt) == ["RUN a", "ADD layer-1.tar /", "ADD layer-2.tar /"]


def test_a_value_that_no_line_can_hold_is_said():
    rebuilt = built(nop("ENV A=1\n2"), config={"Env": ["A=1\n2"]})

    assert all(line.text.startswith("#") and line.guess for line in rebuilt.lines[1:])


def test_a_kept_source_of_a_file_in_a_place_with_spaces():
    row = nop(f"COPY file:{HASH} in /with space/") | {"empty_layer": False}
    rebuilt = built(row, facts=LayerFacts((b"with space/a b.txt",), 1))

    assert lines(rebuilt) == ['COPY ["a b.txt", "/with space/"]']


def test_a_copy_from_another_stage_is_marked():
    rebuilt = built("COPY /out/app /usr/bin/ # buildkit")

    assert "stage" in rebuilt.lines[1].guess


def test_every_guess_stands_below_a_remark():
    rebuilt = built("COPY /out/app /usr/bin/ # buildkit", "x", config={"User": "1"})
    text = rebuilt.text.splitlines()

    assert sum(line.startswith(GUESSED) for line in text) == rebuilt.guess_count == 3


@pytest.mark.parametrize(
    ("created_by", "origin"),
    [
        ("/bin/sh -c #(nop) CMD []", Origin.CLASSIC),
        ("powershell -Command $x", Origin.CLASSIC),
        ("COPY a b # buildkit", Origin.BUILDKIT),
        ("COPY a b", Origin.PLAIN),
        ('echo "#(nop) CMD"', Origin.OTHER),
        ("nginx -g daemon off;", Origin.OTHER),
        ("COPYRIGHT x", Origin.OTHER),
    ],
)
def test_who_wrote_a_row(created_by, origin):
    assert read_row(History(created_by=created_by)).origin is origin


def test_what_go_prints():
    assert quoted_list(r'["a\x41" "\u00e9" "\U0001f600" "\ud800" "\\"]') == ["aA", "é", "😀", "\ufffd", "\\"]
    assert quoted_list('["a" b]') is None
    assert bare_list("x") is None
    assert health_of('&{["CMD" "a"] "30s" "x" "0s" \'\\x04\'}') == {
        "Test": ["CMD", "a"],
        "Interval": 30 * 10**9,
        "Retries": 4,
    }
    assert health_of("CMD x") is None


ROW = st.text(alphabet="|12 =/bin/sh-c#(nop)ENVCMDRULABOPYADsha\"[]\\'&{}<\n:,map$0", max_size=80)


@given(st.lists(st.tuples(ROW, ROW), max_size=4), st.booleans())
def test_no_history_makes_it_fail(rows: Sequence[tuple[str, str]], empty: bool):
    prefixes = ("", "/bin/sh -c #(nop) ", "RUN ", "|1 ", "ENV ", "HEALTHCHECK &{", "VOLUME [", "COPY ")
    history = [
        {"created_by": prefixes[len(text) % len(prefixes)] + text, "comment": comment, "empty_layer": empty}
        for text, comment in rows
    ]
    rebuilt = built(*history)

    assert rebuilt.text.endswith("\n")
    assert rebuilt.lines[0].text.startswith("FROM ")
    for line in rebuilt.lines[1:]:
        if line.text.startswith("#"):
            assert all(part.startswith(("#", "ADD layer-")) for part in line.text.split("\n"))
