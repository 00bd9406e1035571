"""Config changes, held against what docker made of the same lines."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from layers.oci.changes import DOCKER, FORMS, apply_changes, parse_changes
from layers.oci.errors import InvalidChange

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "14-commit-config" / "golden.json"
COMMITS = json.loads(GOLDEN.read_text(encoding="utf-8"))["commits"]
DAEMON = "Error response from daemon: "


def lines_of(commit):
    args = commit["commit_args"]
    return [value for flag, value in pairwise(args) if flag == "--change"]


CHANGED = [commit for commit in COMMITS if lines_of(commit)]


def changed(runtime, *lines, allowed=FORMS):
    return apply_changes(runtime, parse_changes(lines, allowed=allowed))


@pytest.mark.parametrize("commit", [c for c in CHANGED if c["ok"]], ids=lambda commit: commit["title"])
def test_config_is_the_one_docker_committed(commit):
    config = changed(commit["container_config"], *lines_of(commit), allowed=DOCKER)

    assert config == commit["config"]
    assert json.dumps(config["ExposedPorts"]) == json.dumps(commit["config"]["ExposedPorts"])
    assert json.dumps(config["Labels"]) == json.dumps(commit["config"]["Labels"])


@pytest.mark.parametrize("commit", [c for c in CHANGED if not c["ok"]], ids=lambda commit: commit["title"])
def test_refusal_is_in_dockers_words(commit):
    with pytest.raises(InvalidChange) as refusal:
        changed(commit["container_config_inspect"], *lines_of(commit), allowed=DOCKER)

    assert str(refusal.value) == commit["error"].removeprefix(DAEMON)


def test_forms_may_set_stopsignal_and_shell():
    config = changed({}, 'SHELL ["/bin/ash", "-ec"]', "STOPSIGNAL SIGQUIT", "CMD run it")

    assert config["Shell"] == ["/bin/ash", "-ec"]
    assert config["StopSignal"] == "SIGQUIT"
    assert config["Cmd"] == ["/bin/ash", "-ec", "run it"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ENV PATH=$PATH:/opt", ["PATH=/bin:/opt"]),
        ("ENV A=$HOME", ["PATH=/bin", "A="]),
        ("ENV A='$PATH'", ["PATH=/bin", "A=$PATH"]),
        (r"ENV A=\$PATH", ["PATH=/bin", "A=$PATH"]),
        (r"ENV A=a\ b", ["PATH=/bin", "A=a b"]),
        ('ENV A="a \\"b\\"" B=', ["PATH=/bin", 'A=a "b"', "B="]),
        ("ENV A=${NONE:-other}x", ["PATH=/bin", "A=otherx"]),
        ("ENV A=${PATH:+set}", ["PATH=/bin", "A=set"]),
        ("ENV A=1 \\\n  # a remark\n  B=2", ["PATH=/bin", "A=1", "B=2"]),
        ("ENV A=1 B=$A", ["PATH=/bin", "A=1", "B="]),
        ("ENV A=1\nENV B=$A", ["PATH=/bin", "A=1", "B=1"]),
        ("ENV A x   y ", ["PATH=/bin", "A=x   y"]),
        ("\n# first\n\n env A=1", ["PATH=/bin", "A=1"]),
    ],
)
def test_variables_quotes_and_continued_lines(line, expected):
    assert changed({"Env": ["PATH=/bin"]}, line)["Env"] == expected


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("ENV A=1 B", 'Syntax error - can\'t find = in "B". Must be of the form: name=value'),
        ("ENV =x", "ENV names can not be blank"),
        ("LABEL A=${", "failed to process \"${\": syntax error: missing '}'"),
        ("LABEL A=${}", 'failed to process "${}": syntax error: bad substitution'),
        (
            "LABEL A='x",
            'failed to process "\'x": unexpected end of statement while looking for matching single-quote',
        ),
        ("LABEL A=${B:?needed}", 'failed to process "${B:?needed}": B: needed'),
        ("LABEL A=${B:=x}", 'failed to process "${B:=x}": unsupported modifier (=) in substitution'),
        ("CMD [1]", "when using JSON array syntax, arrays must be comprised of strings only"),
        ("USER", "USER requires exactly one argument"),
        ("VOLUME", "VOLUME requires at least one argument"),
        ('VOLUME [""]', "VOLUME specified can not be an empty string"),
        ('WORKDIR ""', "cannot normalize nothing"),
        ("EXPOSE 70000", "Invalid containerPort: 70000"),
        ("EXPOSE 5-1", "Invalid containerPort: 5-1"),
        ("EXPOSE 80/icmp", "Invalid proto: icmp"),
        ("HEALTHCHECK", "HEALTHCHECK requires at least one argument"),
        ("HEALTHCHECK NONE x", "HEALTHCHECK NONE takes no arguments"),
        ("HEALTHCHECK RUN x", 'Unknown type "RUN" in HEALTHCHECK (try CMD)'),
        ("HEALTHCHECK CMD", "Missing command after HEALTHCHECK CMD"),
        ("HEALTHCHECK --often CMD x", "Unknown flag: often"),
        ("HEALTHCHECK --interval=5 CMD x", 'time: missing unit in duration "5"'),
        ("HEALTHCHECK --interval=5x CMD x", 'time: unknown unit "x" in duration "5x"'),
        ("HEALTHCHECK --interval=x CMD x", 'time: invalid duration "x"'),
        (f"HEALTHCHECK --interval={'9' * 5000}s CMD x", f'time: invalid duration "{"9" * 5000}s"'),
        ("HEALTHCHECK --timeout=1us CMD x", 'Interval "timeout" cannot be less than 1ms'),
        ("HEALTHCHECK --retries=-1 CMD x", "--retries must be at least 1 (not -1)"),
        ("HEALTHCHECK --retries=x CMD x", 'strconv.ParseInt: parsing "x": invalid syntax'),
        ("ONBUILD ONBUILD RUN x", "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"),
        ("ONBUILD FROM x", "FROM isn't allowed as an ONBUILD trigger"),
        ("ONBUILD", "ONBUILD requires at least one argument"),
        ("ONBUILD LABEL x", "LABEL must have two arguments"),
        ("USER --x y", "Unknown flag: x"),
        ("STOPSIGNAL BOGUS", "Invalid signal: BOGUS"),
        ("SHELL /bin/sh", "SHELL requires the arguments to be in JSON form"),
    ],
)
def test_what_is_wrong_is_told(line, sentence):
    with pytest.raises(InvalidChange) as refusal:
        changed({}, line)

    assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    ("line", "field", "expected"),
    [
        ("EXPOSE $PORTS 7", "ExposedPorts", ["53/udp", "7/tcp", "80/tcp"]),
        ("EXPOSE 8080:81 127.0.0.1:1:82 [::1]:1:83", "ExposedPorts", ["81/tcp", "82/tcp", "83/tcp"]),
        ('VOLUME ["/a b"] ignored', "Volumes", ["/a b"]),
        ("VOLUME $DIR/x", "Volumes", ["/d/x"]),
    ],
)
def test_words_make_keys(line, field, expected):
    assert list(changed({"Env": ["PORTS=80 53/udp", "DIR=/d"]}, line)[field]) == expected


@pytest.mark.parametrize(
    ("before", "line", "expected"),
    [
        ("/tmp", "../up", "/up"),
        ("", "a/./b", "/a/b"),
        ("/tmp", "/x/../y", "/x/../y"),
        ("//tmp", "x", "/tmp/x"),
    ],
)
def test_workdir_is_joined_as_paths_are(before, line, expected):
    assert changed({"WorkingDir": before}, f"WORKDIR {line}")["WorkingDir"] == expected


def test_cmd_after_entrypoint_stays_and_cmd_before_it_too():
    runtime = {"Cmd": ["old"], "Entrypoint": ["/e"]}

    assert changed(runtime, 'ENTRYPOINT ["/n"]', "CMD a")["Cmd"] == ["/bin/sh", "-c", "a"]
    assert changed(runtime, "CMD a", 'ENTRYPOINT ["/n"]')["Cmd"] == ["/bin/sh", "-c", "a"]
    assert changed(runtime, "CMD []", "ENTRYPOINT []") == runtime


def test_healthcheck_takes_times_as_go_writes_them():
    line = 'HEALTHCHECK --interval=1m30s --timeout=1.5s --start-period=100ms --retries=3 CMD ["/ok"]'

    assert changed({}, line)["Healthcheck"] == {
        "Test": ["CMD", "/ok"],
        "Interval": 90_000_000_000,
        "Timeout": 1_500_000_000,
        "StartPeriod": 100_000_000,
        "Retries": 3,
    }


def test_config_of_odd_types_is_changed_all_the_same():
    runtime = {
        "Env": "A=1",
        "Labels": ["x"],
        "ExposedPorts": "80",
        "OnBuild": 7,
        "Shell": {},
        "WorkingDir": 5,
    }
    lines = ["ENV B=2", "LABEL a=b", "EXPOSE 1", "ONBUILD RUN x", "CMD x", "WORKDIR y", "VOLUME /v"]

    config = changed(runtime, *lines)

    assert config["Env"] == ["A=1", "B=2"]
    assert config["WorkingDir"] == "/5/y"
