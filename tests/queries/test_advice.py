"""What to do about wasted bytes: one sentence for each of the causes that cost most."""

import pytest

from layers.queries.advice import advise
from layers.queries.advice_words import sentence
from tests.built import build, file, folder, gone, hard

pytestmark = pytest.mark.django_db
BASE = ("FROM scratch", [folder("etc"), file("etc/base", b"b" * 1000)])


def sentences(image) -> list[str]:
    return [sentence(advice, lambda size: f"{size} B") for advice in advise(image)]


def test_what_one_run_brings_and_another_removes(tmp_path):
    image = build(
        tmp_path,
        "a:1",
        BASE,
        (
            "RUN apt-get install -y nginx",
            [file("var/cache/apt/nginx.deb", b"x" * 700), file("usr/nginx", b"n")],
        ),
        ("RUN echo && rm -rf /var/cache/apt/* && true", [gone("var/cache/apt/nginx.deb")]),
    )

    assert sentences(image) == [
        "“rm -rf /var/cache/apt/*” in layer 2 hides 700 B of layer 1 (“RUN apt-get install -y nginx”):"
        " do both in one RUN."
    ]


def test_of_several_removals_the_one_that_names_the_file_is_told(tmp_path):
    brought = ("RUN apk add gcc", [file("usr/bin/gcc", b"x" * 700), file("root/key", b"k")])
    hidden = [gone("usr/bin/gcc"), gone("root/key")]
    named = build(tmp_path, "a:1", BASE, brought, ("RUN rm /root/key && apk del gcc", hidden))
    unnamed = build(tmp_path, "a:2", BASE, brought, ("RUN rm /root/key && apk del build-base", hidden))

    assert sentences(named) == [
        "“apk del gcc” in layer 2 hides 701 B of layer 1 (“RUN apk add gcc”): do both in one RUN."
    ]
    assert sentences(unnamed) == [
        "In layer 2 (“RUN rm /root/key && apk del build-base”) 701 B of layer 1 (“RUN apk add gcc”) are"
        " deleted, and shipped all the same: do both in one step."
    ]


def test_what_a_copy_brings_and_a_later_step_removes(tmp_path):
    image = build(
        tmp_path,
        "a:1",
        BASE,
        ("COPY . /src", [file("src/big", b"x" * 50)]),
        ("RUN rm -r /src", [gone("src")]),
    )

    assert sentences(image) == [
        "In layer 2 (“RUN rm -r /src”) 50 B are deleted that layer 1 (“COPY . /src”) brought, and shipped all"
        " the same: keep them out of the COPY with .dockerignore, or use a build stage of their own."
    ]


def test_a_directory_that_went_whole_is_told_as_one_path(tmp_path):
    image = build(
        tmp_path,
        "a:1",
        BASE,
        ("RUN make", [file("src/a", b"x" * 50), file("src/b", b"y" * 60)]),
        ("RUN rm -r /src", [gone("src")]),
    )

    (advice,) = advise(image)
    assert (advice.size, advice.paths, advice.path_count) == (110, ((b"src", 110),), 1)


def test_files_copied_for_a_new_owner(tmp_path):
    image = build(
        tmp_path,
        "a:1",
        BASE,
        ("COPY app /app", [file("app/a", b"x" * 50), file("app/b", b"y" * 60)]),
        ("RUN chown -R app /app", [file("app/a", b"x" * 50, uid=7), file("app/b", b"y" * 60, uid=7)]),
    )

    assert sentences(image) == [
        "“chown -R app /app” in layer 2 stores 110 B of layer 1 (“COPY app /app”) a second time for a new"
        " owner or mode: set it where the files come in (COPY --chown, --chmod), or in the same RUN."
    ]


def test_files_written_again_the_same(tmp_path):
    image = build(tmp_path, "a:1", BASE, ("COPY etc /etc", [file("etc/base", b"b" * 1000)]))

    assert sentences(image) == [
        "In layer 1 (“COPY etc /etc”) 1000 B of layer 0 (“FROM scratch”) are written again, the same to the"
        " byte: once is enough."
    ]


def test_a_database_of_packages_that_grows(tmp_path):
    image = build(
        tmp_path,
        "a:1",
        ("RUN apt-get install a", [file("var/lib/dpkg/status", b"a" * 300)]),
        ("RUN apt-get install b", [file("var/lib/dpkg/status", b"b" * 400)]),
    )

    assert sentences(image) == [
        "In layer 1 (“RUN apt-get install b”) 300 B of databases that layer 0 (“RUN apt-get install a”) wrote"
        " are stored again whole, as /var/lib/dpkg/status: what is installed in one RUN writes them once."
    ]


def test_caches_and_copies_that_are_left(tmp_path):
    image = build(
        tmp_path,
        "a:1",
        (
            "RUN pip install x",
            [file("root/.cache/pip/x", b"a" * 300), file("a", b"s" * 90), file("b", b"s" * 90)],
        ),
    )

    assert sentences(image) == [
        "300 B of caches are left by layer 0 (“RUN pip install x”), as /root/.cache: remove them in the step"
        " that makes them, or keep them out with RUN --mount=type=cache,target=/root/.cache.",
        "90 B are further copies of content that is there already, as /a: a link (ln) costs nothing.",
    ]


def test_hard_links_are_no_copies(tmp_path):
    image = build(tmp_path, "a:1", ("RUN ln", [file("a", b"s" * 90), hard("b", "a")]))

    assert advise(image) == []


def test_the_dearest_come_first_and_little_is_left_unsaid(tmp_path):
    rewritten = [file(f"f{number}", b"x" * (100 + number)) for number in range(20)]
    again = [(f"RUN step {number}", [file(f"f{number}", b"y")]) for number in range(20)]
    image = build(
        tmp_path, "a:1", ("RUN all", [*rewritten, file("tiny", b"t")]), *again, ("RUN", [gone("tiny")])
    )

    sizes = [advice.size for advice in advise(image)]
    assert sizes == [119, 118, 117, 116, 115, 114, 113, 112]
    assert 1 not in [advice.size for advice in advise(image, limit=100)]


def test_an_instruction_is_cut_before_it_fills_the_page(tmp_path):
    image = build(
        tmp_path, "a:1", ("RUN " + "x" * 500, [file("a", b"1" * 50)]), ("RUN " + "y" * 500, [file("a", b"2")])
    )

    (text,) = sentences(image)
    assert len(text) < 300
