"""Edits of a container's files from the browser: one POST view a verb, each call one step to undo."""

import re
from typing import Final

from django.utils.translation import gettext as _

from layers.models import Container
from layers.oci.changeset.paths import as_text, split
from layers.oci.errors import EditRefused
from layers.operations.edit_container import (
    change_mode,
    change_owner,
    copy_path,
    copy_paths,
    make_directory,
    make_symlink,
    move_path,
    move_paths,
    remove_paths,
    restore_paths,
)
from layers.operations.undo_edit import redo, undo, undo_back_to
from layers.operations.write_file import ABSENT, write_file
from layers.queries.uppers import open_upper
from layers.views.edits import (
    chosen_paths,
    edit,
    number_of,
    still_there,
    typed,
    typed_name,
    typed_path,
)
from layers.views.partials import HtmxHttpRequest
from layers.views.workspace_state import WorkspaceState

MODE: Final = re.compile(r"[0-7]{1,4}")
OWNER: Final = re.compile(r"(\d{1,10})(?::(\d{1,10}))?")


@edit("touch")
def container_touch(request: HtmxHttpRequest, container: Container, state: WorkspaceState) -> bytes:
    """A new empty file, which is opened then."""
    path = typed_name(request, directory_of(container, state.path))
    upper = open_upper(container)
    if upper.is_directory(upper.real(path, follow=True)):
        raise EditRefused(
            _("/%(path)s is a directory: give the new file another name.") % {"path": as_text(path)}
        )
    write_file(container=container, path=path, data=b"", expected_sha256=ABSENT)
    return path


@edit("mkdir")
def container_mkdir(request: HtmxHttpRequest, container: Container, state: WorkspaceState) -> bytes:
    """A new directory; those above it as well, where its name says so."""
    path = typed_name(request, directory_of(container, state.path))
    is_new = open_upper(container).at(path) is None
    make_directory(container=container, path=path, parents=is_new)
    return state.path


@edit("symlink")
def container_symlink(request: HtmxHttpRequest, container: Container, state: WorkspaceState) -> bytes:
    """A new symlink, whatever its target."""
    path = typed_name(request, directory_of(container, state.path))
    target = typed(request, "target", _("Say where the link leads to."))
    make_symlink(container=container, path=path, target=target.encode())
    return state.path


@edit("remove")
def container_remove(request: HtmxHttpRequest, container: Container, state: WorkspaceState) -> bytes:
    """Deletes what is chosen; a path that was shown is shown as deleted, if the image has it."""
    remove_paths(container=container, paths=chosen_paths(request))
    return still_there(container, state.path)


@edit("restore")
def container_restore(request: HtmxHttpRequest, container: Container, state: WorkspaceState) -> bytes:
    """Makes what is chosen what the image has there."""
    restore_paths(container=container, paths=chosen_paths(request))
    return still_there(container, state.path)


@edit("move")
def container_move(request: HtmxHttpRequest, container: Container, state: WorkspaceState) -> bytes:
    """Moves or renames one path; several into a directory."""
    paths = chosen_paths(request)
    replace = "replace" in request.POST
    if len(paths) > 1:
        directory = typed_path(request, split(paths[0])[0])
        move_paths(container=container, paths=paths, directory=directory, replace=replace)
        return still_there(container, state.path)
    path = into(container, typed_path(request, paths[0]), paths[0])
    move_path(container=container, source=paths[0], target=path, replace=replace)
    return path if state.path == paths[0] else still_there(container, state.path)


@edit("copy")
def container_copy(request: HtmxHttpRequest, container: Container, state: WorkspaceState) -> bytes:
    """Copies one path; several into a directory."""
    paths = chosen_paths(request)
    if len(paths) > 1:
        copy_paths(container=container, paths=paths, directory=typed_path(request, split(paths[0])[0]))
        return state.path
    path = into(container, typed_path(request, paths[0]), paths[0])
    copy_path(container=container, source=paths[0], target=path)
    return path if state.path == paths[0] else state.path


@edit("chmod")
def container_chmod(request: HtmxHttpRequest, container: Container, state: WorkspaceState) -> bytes:
    """Sets permission bits, written in octal."""
    text = typed(request, "mode", _("Say the mode in octal, as chmod takes it: 0644."))
    if not MODE.fullmatch(text):
        raise EditRefused(_("A mode is one to four octal digits, as chmod takes them: 0644, 4755."))
    paths, recursive = chosen_paths(request), "recursive" in request.POST
    change_mode(container=container, paths=paths, mode=int(text, 8), recursive=recursive)
    return state.path


@edit("chown")
def container_chown(request: HtmxHttpRequest, container: Container, state: WorkspaceState) -> bytes:
    """Sets the owner, by numbers: whose names they are, only a running system could say."""
    found = OWNER.fullmatch(typed(request, "owner", _("Say the owner by numbers, as uid:gid.")))
    if found is None:
        raise EditRefused(
            _("An owner is two numbers, as uid:gid: 0:0, 101:101. Those of a name are in /etc/passwd.")
        )
    uid, gid = int(found[1]), int(found[2] or found[1])
    paths, recursive = chosen_paths(request), "recursive" in request.POST
    change_owner(container=container, paths=paths, uid=uid, gid=gid, recursive=recursive)
    return state.path


@edit("undo")
def container_undo(request: HtmxHttpRequest, container: Container, state: WorkspaceState) -> bytes:
    """Takes back the last step, or all back to one."""
    back_to = number_of(request, "back_to")
    if back_to is not None:
        undo_back_to(container=container, number=back_to)
    else:
        undo(container=container, number=number_of(request, "number"))
    return still_there(container, state.path)


@edit("redo")
def container_redo(request: HtmxHttpRequest, container: Container, state: WorkspaceState) -> bytes:
    """Makes the step that was undone last again."""
    redo(container=container, number=number_of(request, "number"))
    return still_there(container, state.path)


def directory_of(container: Container, path: bytes) -> bytes:
    """The directory that is shown, or the one the shown file is in."""
    return path if open_upper(container).is_directory(path) else split(path)[0]


def into(container: Container, target: bytes, source: bytes) -> bytes:
    """The path something gets: below ``target``, where that is a directory, as mv and cp have it."""
    upper = open_upper(container)
    real = upper.real(target, follow=True)
    if target != source and upper.is_directory(real):
        return real + b"/" + split(source)[1] if real else split(source)[1]
    return target
