"""How a step of the history reads."""

import pytest

from layers.queries.history import Step


def step(created_by: str, comment: str = "") -> Step:
    return Step("<missing>", None, created_by, 0, comment, "", True, None)


@pytest.mark.parametrize(
    ("created_by", "builder", "instruction"),
    [
        (
            '/bin/sh -c #(nop)  CMD ["nginx" "-g" "daemon off;"]',
            "classic",
            'CMD ["nginx" "-g" "daemon off;"]',
        ),
        ("/bin/sh -c #(nop) ADD file:1ffd in / ", "classic", "ADD file:1ffd in /"),
        ("/bin/sh -ec #(nop)  SHELL [/bin/sh -ec]", "classic", "SHELL [/bin/sh -ec]"),
        ("/bin/sh -c mkdir -p /usr/share", "classic", "RUN mkdir -p /usr/share"),
        ("|1 A=b /bin/sh -c make\nall", "classic", "RUN make\nall"),
        ("COPY dir /copied/ # buildkit", "buildkit", "COPY dir /copied/"),
        ("RUN /bin/sh -c make # buildkit", "buildkit", "RUN make"),
        ("RUN |1 A=b /bin/sh -c make # buildkit", "buildkit", "RUN make"),
        ("nginx -g daemon off;", "", "nginx -g daemon off;"),
        ("", "", ""),
    ],
)
def test_builders_are_told_apart_and_their_marks_taken_away(created_by, builder, instruction):
    read = step(created_by)

    assert (read.builder, read.instruction) == (builder, instruction)


def test_buildkit_also_signs_in_the_comment():
    assert step("ENV A=1", comment="buildkit.dockerfile.v0").builder == "buildkit"
