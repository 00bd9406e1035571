"""Configs are compared field by field."""

from layers.queries.config_diff import FieldChange, field_changes

BEFORE = {
    "author": "Ann",
    "config": {"Env": ["A=1", "B=2"], "Cmd": ["nginx"], "Volumes": None},
    "history": [{"created_by": "one"}],
}


def test_same_configs_have_no_differences():
    assert field_changes(BEFORE, BEFORE) == []


def test_all_fields_are_told_on_demand():
    rows = field_changes(BEFORE, BEFORE | {"author": "Bob"}, same=True)

    assert [(row.name, row.kind) for row in rows if not row.name.startswith("history")] == [
        ("author", "C"),
        ("config.Env.A", ""),
        ("config.Env.B", ""),
        ("config.Cmd", ""),
        ("config.Volumes", ""),
    ]


def test_fields_are_told_by_their_place():
    after = {
        "config": {"Env": ["B=3", "C="], "Cmd": ["nginx", "-g"], "Volumes": {"/v": {}}},
        "created": "now",
        "history": [{"created_by": "one"}, {"created_by": "two"}],
    }

    assert field_changes(BEFORE, after) == [
        FieldChange("config.Env.B", '"2"', '"3"'),
        FieldChange("config.Env.C", None, '""'),
        FieldChange("config.Env.A", '"1"', None),
        FieldChange("config.Cmd", '["nginx"]', '["nginx", "-g"]'),
        FieldChange("config.Volumes", "null", '{"/v": {}}'),
        FieldChange("created", None, '"now"'),
        FieldChange("history[1]", None, '{"created_by": "two"}'),
        FieldChange("author", '"Ann"', None),
    ]


def test_a_history_that_begins_otherwise_is_another_one():
    changes = field_changes({"history": [1, 2]}, {"history": [3, 2]})

    assert changes == [FieldChange("history", "[1, 2]", "[3, 2]")]
    assert changes[0].kind == "C"


def test_an_environment_that_is_none_is_shown_as_it_is():
    assert field_changes({"config": {"Env": 3}}, {"config": {"Env": [1]}}) == [
        FieldChange("config.Env", "3", "[1]")
    ]
