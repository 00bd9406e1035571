"""One line exposes all ports that there are: it is exact, and it is not asked for again and again."""

import pytest

from layers.oci.changeform import faults
from layers.oci.changes import MOST_PORTS, apply_changes, parse_changes
from layers.oci.errors import InvalidChange

ALL = [f"EXPOSE 1-65535/{protocol}" for protocol in ("tcp", "udp", "sctp")]


def exposed(*lines: str) -> object:
    return apply_changes({}, parse_changes(lines))["ExposedPorts"]


def test_every_port_of_every_protocol():
    ports = exposed(*ALL)

    assert len(ports) == MOST_PORTS == 196_605
    assert list(ports) == sorted(ports)
    assert (ports["1/tcp"], ports["65535/sctp"]) == ({}, {})


def test_more_than_there_are_is_refused():
    with pytest.raises(InvalidChange, match="more than 196605 ports in all: name each once"):
        exposed(*ALL, "EXPOSE 80")


def test_lines_that_name_all_ports_again_and_again_are_refused_one_by_one():
    found = faults(list(enumerate(["EXPOSE 1-65535"] * 4000)), {})

    assert found.keys() == set(range(3, 4000))
    assert "name each once" in found[3]


def test_a_port_that_is_there_stays_where_it_is():
    there = {"ExposedPorts": {"80/tcp": {}, "443/tcp": {}}}

    assert list(apply_changes(there, parse_changes(["EXPOSE 80"]))["ExposedPorts"]) == ["80/tcp", "443/tcp"]
