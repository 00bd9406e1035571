"""Undo the last steps of a container, or redo the one undone last."""

from django.utils.translation import gettext as _

from layers.models import Container, Edit
from layers.models.upperrows import unpack_row
from layers.oci.errors import EditRefused
from layers.oci.unionfs.upper import Row
from layers.operations.editing import EditConflict, holding, save_rows


def undo(*, container: Container, number: int | None = None) -> Edit:
    """Take the last step back; with ``number``, only if that is the one.

    Raises:
        EditRefused: there is nothing to undo.
        EditConflict: another step was made meanwhile.
    """
    with holding(container) as now:
        last = now.edits.filter(undone=False).order_by("-number").first()
        edit = _expected(last, number, _("There is nothing to undo."))
        save_rows(now, [(after, before) for before, after in rows_of(edit)])
        edit.undone = True
        edit.save(update_fields=["undone"])
    return edit


def redo(*, container: Container, number: int | None = None) -> Edit:
    """Make the step that was undone last again. Raises as :func:`undo`."""
    with holding(container) as now:
        following = now.edits.filter(undone=True).order_by("number").first()
        edit = _expected(following, number, _("There is nothing to redo."))
        save_rows(now, rows_of(edit))
        edit.undone = False
        edit.save(update_fields=["undone"])
    return edit


def undo_back_to(*, container: Container, number: int) -> int:
    """Take back every step from ``number`` on, the last one first; how many those were.

    Raises:
        EditRefused: there is no such step to undo.
    """
    with holding(container) as now:
        steps = list(now.edits.filter(undone=False, number__gte=number).order_by("-number"))
        if not steps or steps[-1].number != number:
            raise EditRefused(_("There is no such step to undo any more."))
        for edit in steps:
            save_rows(now, [(after, before) for before, after in rows_of(edit)])
        now.edits.filter(pk__in=[edit.pk for edit in steps]).update(undone=True)
    return len(steps)


def rows_of(edit: Edit) -> list[Row]:
    """What the step changed: each path before and after."""
    return [(unpack_row(before), unpack_row(after)) for before, after in edit.rows]


def _expected(edit: Edit | None, number: int | None, nothing: str) -> Edit:
    """The step, if there is one and it is the one that is meant."""
    if edit is None:
        raise EditRefused(nothing)
    if number is not None and edit.number != number:
        raise EditConflict(
            _("The next step here is “%(label)s”: look at it before you go on.") % {"label": edit.label}
        )
    return edit
