"""Give a container another name."""

from django.db import IntegrityError

from layers.models import Container
from layers.operations.create_container import checked_name, name_taken
from layers.operations.editing import holding
from layers.operations.record_audit import record_audit


def rename_container(*, container: Container, name: str) -> None:
    """The container goes by ``name`` from now on.

    Raises:
        EditRefused: the name is none that docker takes.
        NameTaken: another container has it.
    """
    name = checked_name(name)
    try:
        with holding(container) as now:
            record_audit(action="rename container", target=f"{now.name}: {name}")
            now.name = name
    except IntegrityError as error:
        raise name_taken(name) from error
