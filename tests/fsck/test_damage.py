"""Each way in which a library can be damaged is found and named, and mended where that can be."""

import pytest
from django.apps import apps

from layers.models import Container, NumberRange
from layers.operations.repair_library import repair_library
from tests.fsck.damages import DAMAGES, Damage
from tests.fsck.library import faults, lived_in, problems

pytestmark = pytest.mark.django_db


@pytest.fixture
def container() -> Container:
    return lived_in()


REMADE = ("HistoryRow", "ImageLayer", "SearchSegment", "SearchBlock", "SearchGram", "SearchContent")
"""What a repair makes anew, under other keys."""
CLOCKS = ("boot", "changed_at")


def rows() -> dict[str, list]:
    """Every row of the library, but for what depends on when it was written."""
    models = [model for model in apps.get_app_config("layers").get_models() if model is not NumberRange]
    found = {model.__name__: list(model._default_manager.order_by("pk").values()) for model in models}
    for name, table in found.items():
        for row in table:
            for column in (*CLOCKS, *(["id"] if name in REMADE else [])):
                row.pop(column, None)
    return found | {name: sorted(map(str, found[name])) for name in REMADE}


def test_a_library_that_is_lived_in_is_sound(container):
    assert problems(deep=True) == []


@pytest.mark.parametrize("damage", DAMAGES, ids=str)
def test_damage_is_found_and_mended(container, damage: Damage):
    before = rows()
    damage.make()

    assert damage.fault in faults(deep=damage.deep)
    repaired = repair_library(deep=damage.deep)

    assert damage.fault in {problem.fault for problem in repaired.found}
    assert {problem.fault for problem in repaired.left} == damage.left
    assert faults(deep=True) == damage.left
    if not damage.left:
        assert rows() == before
