"""Edits of an upper that no recording covers: groups, restoring, copies, places, refusals."""

import pytest

from layers.oci.changeset.entry import Extra, Kind, Member
from layers.oci.changeset.writer import write_changeset
from layers.oci.errors import EditRefused, LimitExceeded
from layers.oci.unionfs.copyup import CopyUp
from layers.oci.unionfs.upper import Upper, UpperEntry
from tests.oci.edits import LIMITS, NOW, Editor, diff, layer_tar, over

T = 1_600_000_000
CAPABILITY = (b"security.capability", b"\1")


def member(path: str, kind: Kind = Kind.FILE, data: bytes = b"", mode: int = 0o644, **fields) -> Member:
    size = len(data) if kind is Kind.FILE else 0
    return Member(path.encode(), kind, mode, 0, 0, size, T, 0, data, fields.get("link"), fields.get("extra"))


def folder(path: str, mode: int = 0o755) -> Member:
    return member(path, Kind.DIRECTORY, mode=mode)


def tar(*members: Member) -> bytes:
    return b"".join(write_changeset(members, lambda one: [one.sha256 or b""]))


BASE = tar(
    folder("d"),
    member("d/a", data=b"aaaa"),
    folder("d/sub", 0o750),
    member("d/sub/x", data=b"x"),
    folder("d/sub/deep"),
    member("d/sub/deep/z", data=b"z"),
    member("su", data=b"s", mode=0o6755, extra=Extra(xattrs=(CAPABILITY, (b"user.k", b"v")))),
    member("link", Kind.SYMLINK, mode=0o777, link=b"d"),
    member("file-link", Kind.SYMLINK, mode=0o777, link=b"/d/a"),
    member("up", Kind.SYMLINK, mode=0o777, link=b"../../../d"),
    member("circle", Kind.SYMLINK, mode=0o777, link=b"circle"),
    member("dangling", Kind.SYMLINK, mode=0o777, link=b"d/new"),
    member("chr", Kind.CHARACTER, mode=0o666, extra=Extra(rdev=(1, 3))),
)


@pytest.fixture
def upper() -> Upper:
    return over([BASE])


@pytest.fixture
def editor(upper) -> Editor:
    return Editor(upper)


def paths(upper: Upper, path: bytes = b"") -> list[str]:
    return sorted(inner.decode() for inner, _ in upper.walk(path))


class TestWriting:
    def test_a_copied_up_file_keeps_mode_owner_and_attributes_but_loses_its_capability(self, upper, editor):
        editor.write("su", b"new")
        entry = upper.at(b"su")

        assert (entry.mode, entry.size, entry.mtime) == (0o6755, 3, NOW)
        assert entry.extra.xattrs == ((b"user.k", b"v"),)

    def test_a_copied_up_file_shares_its_content_with_the_image(self, upper):
        image = upper.at(b"d/a")
        upper.chmod(b"d/a", 0o600)
        own = upper.own(b"d/a")

        assert (own.origin, own.content, own.sha256) == (image.number, None, image.sha256)

    def test_a_symlink_leads_to_the_file_that_is_written(self, upper, editor):
        editor.write("file-link", b"through")

        assert diff(upper) == [["C", "/d"], ["C", "/d/a"]]

    def test_a_dangling_symlink_leads_to_a_new_file(self, upper, editor):
        editor.write("dangling", b"n")

        assert diff(upper) == [["C", "/d"], ["A", "/d/new"]]

    def test_a_symlink_that_climbs_out_stays_inside_the_image(self, upper, editor):
        editor.write("up/new", b"n")

        assert diff(upper) == [["C", "/d"], ["A", "/d/new"]]

    def test_the_names_of_a_new_group_are_one_file(self, upper, editor):
        editor.write("one", b"1")
        upper.link(b"two", b"one")
        editor.write("two", b"22")
        upper.chmod(b"one", 0o600)

        assert [(entry.size, entry.mode) for entry in map(upper.at, (b"one", b"two"))] == [(2, 0o600)] * 2
        assert upper.size == 2
        assert [(m.path, m.kind) for m, _ in upper.members()] == [
            (b"one", Kind.FILE),
            (b"two", Kind.HARDLINK),
        ]

    def test_a_group_outlives_its_first_name(self, upper, editor):
        editor.write("one", b"1")
        upper.link(b"two", b"one")
        upper.remove(b"one")

        assert [(m.path, m.kind, m.size) for m, _ in upper.members()] == [(b"two", Kind.FILE, 1)]

    def test_many_groups_cost_no_more_than_so_many_files(self):
        upper = CountingUpper(lambda path: None if path else {}, {}, NOW, LIMITS)
        for number in range(200):
            upper.create(b"f%d" % number, b"", 0, None)
            upper.link(b"l%d" % number, b"f%d" % number)
        upper.chmod(b"f7", 0o600)

        assert upper.own_entries.looked_through <= 1
        assert len({own.group for own in upper.entries.values()}) == 200
        assert upper.at(b"l7").mode == 0o600

    def test_a_change_below_a_directory_meets_each_name_of_a_group_once(self, upper, monkeypatch):
        upper.create(b"d/one", b"", 0, None)
        for number in range(20):
            upper.link(b"d/%d" % number, b"d/one")
        made = []
        monkeypatch.setattr(upper, "_set", lambda own: made.append(own.path) or CopyUp._set(upper, own))
        upper.chown(b"d", 7, 7, recursive=True)

        assert len([path for path in made if path[2:].isdigit()]) == 20


class CountingEntries(dict):
    """An upper's rows, and how often all of them were looked through."""

    looked_through = 0

    def values(self):
        self.looked_through += 1
        return super().values()


class CountingUpper(Upper):
    def __init__(self, *args):
        super().__init__(*args)
        self._entries = self.own_entries = CountingEntries(self._entries)


class TestLongPaths:
    @pytest.mark.parametrize("path", [b"nope/" * 900 + b"f", b"d/a/" + b"x/" * 900, b"link/gone/" * 400])
    def test_nothing_is_looked_up_below_what_is_not_there(self, path):
        asked = []
        below = over([BASE])

        def lower(directory):
            asked.append(directory)
            return below.image_children(directory)

        upper = Upper(lower, {}, NOW, LIMITS)
        upper.real(path, follow=True)

        assert len(asked) <= 3

    def test_dots_lead_back_to_what_is_there(self, upper):
        assert upper.real(b"nope/no/../../link/a") == b"d/a"
        assert upper.real(b"nope/no/../link/a") == b"nope/link/a"

    @pytest.mark.parametrize("path", [b"p/" * 1025, b"p" * 256 + b"/q", (b"p" * 200 + b"/") * 21])
    def test_too_long_a_path_is_refused_before_any_of_it_is_made(self, upper, path):
        with pytest.raises(LimitExceeded):
            upper.make_parents(path)
        assert upper.rows() == []

    @pytest.mark.parametrize("verb", ["rename", "copy"])
    @pytest.mark.parametrize("source", [b"d", b"new"])
    def test_nothing_gets_below_a_path_that_is_too_long_for_a_layer(self, upper, verb, source):
        upper.make_parents(b"new/" + b"/".join([b"n" * 200] * 5))
        long = b"/".join([b"p" * 200] * 20)
        upper.make_parents(long)
        if source == b"d":
            upper.make_parents(b"d/sub/deep/" + b"n" * 100)

        with pytest.raises(LimitExceeded):
            getattr(upper, verb)(source, long + b"/to")


class TestOwners:
    def test_what_is_new_in_a_setgid_directory_has_its_group(self, upper):
        upper.chown(b"d", 7, 50)
        upper.chmod(b"d", 0o2770)
        upper.create(b"d/file", b"", 0, None)
        upper.symlink(b"d/way", b"file")
        upper.mkdir(b"d/new")
        upper.mkdir(b"d/new/er")
        upper.copy(b"su", b"d/su")

        found = {path: (entry.uid, entry.gid, entry.mode) for path, entry in upper.walk(b"d")}
        assert [found[b"d/" + name] for name in (b"file", b"way")] == [(0, 50, 0o644), (0, 50, 0o777)]
        assert [found[b"d/" + name] for name in (b"new", b"new/er")] == [(0, 50, 0o2755)] * 2
        assert found[b"d/su"] == (0, 0, 0o6755)

    def test_a_new_owner_takes_setuid_setgid_and_the_capability_away(self, upper):
        upper.chown(b"su", 33, 33)
        entry = upper.at(b"su")

        assert (entry.uid, entry.gid, entry.mode) == (33, 33, 0o755)
        assert entry.extra.xattrs == ((b"user.k", b"v"),)

    def test_all_below_a_directory(self, upper):
        upper.chown(b"d", 33, 34, recursive=True)

        assert {(entry.uid, entry.gid) for _, entry in upper.walk(b"d")} == {(33, 34)}

    def test_modes_below_a_directory_spare_symlinks(self, upper):
        upper.symlink(b"d/s", b"a")
        upper.chmod(b"d", 0o700, recursive=True)

        assert {entry.mode for path, entry in upper.walk(b"d") if path != b"d/s"} == {0o700}
        assert upper.at(b"d/s").mode == 0o777

    @pytest.mark.parametrize(("uid", "gid"), [(-1, 0), (0, 2**32 - 1), (2**64, 0)])
    def test_impossible_owners_are_refused(self, upper, uid, gid):
        with pytest.raises(EditRefused, match="numbers from 0 to"):
            upper.chown(b"d/a", uid, gid)


class TestPlaces:
    def test_a_copy_keeps_everything_and_shares_content(self, upper):
        upper.copy(b"d/sub", b"copy")

        assert paths(upper, b"copy") == ["copy/deep", "copy/deep/z", "copy/x"]
        assert (upper.at(b"copy").mode, upper.at(b"copy").mtime) == (0o750, T)
        assert upper.own(b"copy/x").origin == upper.image_at(b"d/sub/x").number
        assert diff(upper)[0] == ["A", "/copy"]

    def test_links_among_copies_stay_links_of_their_own(self, upper, editor):
        upper.mkdir(b"n")
        editor.write("n/1", b"1")
        upper.link(b"n/2", b"n/1")
        upper.copy(b"n", b"m")
        editor.write("m/1", b"other")

        assert upper.at(b"m/2").size == 5
        assert upper.at(b"n/2").size == 1

    @pytest.mark.parametrize("verb", ["copy", "rename"])
    def test_nothing_goes_into_itself(self, upper, verb):
        with pytest.raises(EditRefused, match="into itself"):
            getattr(upper, verb)(b"d", b"link/sub/d")

    @pytest.mark.parametrize("target", [b"su", b"d", b"link"])
    def test_what_is_there_is_not_overwritten(self, upper, target):
        with pytest.raises(EditRefused, match="exists already"):
            upper.rename(b"d/a", target)

    def test_a_file_may_take_another_ones_place(self, upper):
        upper.rename(b"d/a", b"su", replace=True)

        assert diff(upper) == [["C", "/d"], ["D", "/d/a"], ["C", "/su"]]

    def test_a_file_never_takes_a_directorys_place(self, upper):
        with pytest.raises(EditRefused, match="exists already"):
            upper.rename(b"su", b"d", replace=True)

    def test_a_new_directory_moves_with_all_it_holds(self, upper, editor):
        upper.make_parents(b"n/m")
        editor.write("n/m/f", b"f")
        upper.rename(b"n", b"d/n")

        assert diff(upper) == [["C", "/d"], ["A", "/d/n"], ["A", "/d/n/m"], ["A", "/d/n/m/f"]]

    def test_a_moved_away_directory_that_comes_back_is_the_images_again(self, upper):
        upper.rename(b"d/sub", b"moved")
        upper.rename(b"moved", b"d/sub")

        assert diff(upper) == []

    def test_a_name_too_long_for_a_whiteout_cannot_be_deleted(self):
        upper = over([tar(member("n" * 252))])
        with pytest.raises(EditRefused, match="no room"):
            upper.remove(b"n" * 252)

    def test_names_have_an_end(self, upper):
        with pytest.raises(LimitExceeded, match="component_length"):
            upper.mkdir(b"n" * 256)


class TestRefusals:
    @pytest.mark.parametrize(
        ("path", "message"),
        [
            (b"nowhere/f", "does not exist: nothing can be put in it"),
            (b"d/a/f", "is no directory: nothing can be put in it"),
            (b"d", "only a file has a content"),
            (b"chr", "is a char: only a file has a content"),
            (b"circle", "more than 40 symlinks"),
            (b"", "exists already"),
        ],
    )
    def test_what_cannot_be_written(self, editor, path, message):
        with pytest.raises(EditRefused, match=message):
            editor.write(path, b"")

    @pytest.mark.parametrize("path", [b"d/none", b"none/x", b"d/a/x", b"d/sub/../none"])
    def test_what_is_not_there_cannot_be_removed(self, upper, path):
        with pytest.raises(EditRefused, match="does not exist"):
            upper.remove(path)

    @pytest.mark.parametrize("target", [b"", b"a\0b", b"t" * 4096])
    def test_impossible_symlinks(self, upper, target):
        with pytest.raises(EditRefused, match="target has 1 to"):
            upper.symlink(b"s", target)


class TestRestoring:
    def test_a_changed_file(self, upper, editor):
        editor.write("d/sub/x", b"other")
        upper.restore(b"d/sub/x")

        assert (upper.entries, upper.rows()) == ({}, [])

    def test_a_deleted_directory(self, upper):
        upper.remove(b"d/sub")
        upper.restore(b"d/sub")

        assert upper.entries == {}

    def test_a_new_path_goes(self, upper, editor):
        editor.write("d/new", b"n")
        upper.restore(b"d/new")

        assert upper.entries == {}

    def test_one_file_of_a_deleted_directory_comes_back_alone(self, upper):
        upper.remove(b"d/sub")
        upper.restore(b"d/sub/deep/z")

        assert paths(upper, b"d/sub") == ["d/sub/deep", "d/sub/deep/z"]
        assert ["D", "/d/sub/x"] in diff(upper)

    def test_a_file_that_an_opaque_directory_hides(self, upper):
        upper.remove(b"d/sub")
        upper.mkdir(b"d/sub")
        upper.restore(b"d/sub/deep")

        assert paths(upper, b"d/sub") == ["d/sub/deep", "d/sub/deep/z"]

    def test_a_directory_that_became_a_file(self, upper, editor):
        upper.remove(b"d/sub")
        editor.write("d/sub", b"file")
        with pytest.raises(EditRefused, match="is no directory now"):
            upper.restore(b"d/sub/x")
        upper.restore(b"d/sub")

        assert diff(upper) == []

    def test_other_changes_below_the_same_directory_stay(self, upper, editor):
        editor.write("d/new", b"n")
        upper.chmod(b"d/sub", 0o700)
        upper.restore(b"d/new")

        assert diff(upper) == [["C", "/d"], ["C", "/d/sub"]]

    def test_what_is_not_changed_has_nothing_to_restore(self, upper):
        with pytest.raises(EditRefused, match="nothing to restore"):
            upper.restore(b"d/none")


class TestUnpacking:
    def test_a_directory_stays_and_gets_the_new_ones_metadata(self, upper):
        upper.put(b"d", UpperEntry(b"", Kind.DIRECTORY, 0o700, 1, 2, mtime=5))

        assert (upper.at(b"d").mode, upper.at(b"d").mtime) == (0o700, 5)
        assert b"a" in upper.children(b"d")

    def test_a_symlink_gives_way_and_is_not_followed(self, upper):
        upper.put(b"file-link", UpperEntry(b"", Kind.FILE, 0o644))

        assert diff(upper) == [["C", "/file-link"]]

    def test_a_directory_gives_way_to_nothing(self, upper):
        with pytest.raises(EditRefused, match="cannot take its place"):
            upper.put(b"d", UpperEntry(b"", Kind.FILE))

    def test_a_link_to_itself_is_itself(self, upper):
        upper.put_link(b"link/a", b"d/a")

        assert upper.entries == {}


class TestMembers:
    def test_what_is_left_out_takes_what_is_below_it_along(self, upper, editor):
        upper.make_parents(b"root/.cache/pip")
        editor.write("root/.cache/pip/wheel", b"w")
        editor.write("root/kept", b"k")
        left = upper.members(leave_out=frozenset({b"root/.cache"}))

        assert [m.path for m, _ in left] == [b"root", b"root/kept"]

    def test_no_time_is_later_than_the_clamp(self, upper, editor):
        editor.write("new", b"n")
        upper.chmod(b"d/a", 0o600)

        assert {m.mtime for m, _ in upper.members(clamp=T + 1)} == {T, T + 1}

    def test_the_same_edits_make_the_same_layer(self):
        tars = []
        for names in (["b", "a"], ["a", "b"]):
            editor = Editor(over([BASE]))
            for name in names:
                editor.write(f"d/{name}", name.encode())
            tars.append(layer_tar(editor.upper))

        assert tars[0] == tars[1]

    def test_marks_of_overlayfs_go_into_no_layer(self):
        marked = Extra(xattrs=((b"trusted.overlay.opaque", b"y"), (b"user.k", b"v")))
        upper = over([tar(member("f", extra=marked))])
        upper.chmod(b"f", 0o600)

        assert [m.extra.xattrs for m, _ in upper.members()] == [((b"user.k", b"v"),)]


@pytest.mark.slow
def test_a_tree_as_deep_as_the_limits_allow_is_edited():
    deep = [b"/".join([b"d"] * depth).decode() for depth in range(1, LIMITS.path_depth)]
    upper = over([tar(*map(folder, deep))])
    upper.chown(b"d", 1, 1, recursive=True)
    upper.rename(b"d", b"f")
    upper.restore(b"d")

    assert len(upper.members()) == len(upper.entries)
    assert upper.changes()


def test_names_of_one_file_of_the_image_stay_one_in_a_copy():
    link = Member(b"d/b", Kind.HARDLINK, 0o644, 0, 0, 0, T, 0, None, b"d/a", None)
    upper = over([tar(folder("d"), member("d/a", data=b"same"), link, member("d/c", data=b"same"))])
    upper.rename(b"d", b"new")

    kinds = {m.path: (m.kind, m.linkname) for m, _ in upper.members()}
    assert kinds[b"new/b"] == (Kind.HARDLINK, b"new/a")
    assert kinds[b"new/a"] == kinds[b"new/c"] == (Kind.FILE, None)
