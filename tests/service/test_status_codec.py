"""A status on its way to a reader that believes nothing."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binarycop.service.status import Entry, GateReport, State, Status
from binarycop.service.status_codec import MOST_BYTES, NO_STATUS, decode, encode, to_dict
from binarycop.settings.load import MAX_GATES
from tests.service.statuses import GATE, STATUS, with_gate


def tree() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(encode(STATUS, 0.2))
    return found


def sent(value: Any) -> bytes:
    return json.dumps(value).encode() + b"\n"


def test_what_was_encoded_is_decoded_with_its_age() -> None:
    assert decode(encode(STATUS, 1.25)) == replace(STATUS, age_s=1.25)


def test_a_gate_without_person_camera_and_decision_is_decoded() -> None:
    status = with_gate(front=None, verdict=None, decision=None, face_age_s=None, permission=None)
    assert decode(encode(status, 0.2)) == status


def test_as_many_gates_as_there_may_be_with_long_texts_are_smaller_than_an_answer_may_be() -> None:
    longest = Entry(1.0, "refuse", "x" * 400, dict(GATE.front.evidence) if GATE.front else {})
    source = replace(GATE.source, name="s" * 200, problem="x" * 300)
    gate = replace(GATE, gate="g" * 64, causes=("x" * 60,) * 5, verdict=longest, decision=longest, lines=GATE.lines * 4)
    gate = replace(gate, source=source)
    assert 0 < len(encode(replace(STATUS, gates=(gate,) * MAX_GATES), 0.0)) < MOST_BYTES


def test_a_status_that_would_be_larger_is_no_answer() -> None:
    assert encode(replace(STATUS, gates=(GATE,) * 200), 0.0) == NO_STATUS


@pytest.mark.parametrize("value", [float("nan"), float("inf"), b"no text"])
def test_a_status_with_a_value_that_json_has_not_is_no_answer(value: Any) -> None:
    assert encode(replace(STATUS, p50_ms=value), 0.0) == NO_STATUS
    with pytest.raises(ValueError, match="Expecting value"):
        decode(NO_STATUS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("age_s", "0.2"),
        ("age_s", True),
        ("age_s", None),
        ("age_s", 10**400),
        ("is_ready", 1),
        ("latencies", 1.5),
        ("backend", ["emulator"]),
        ("gates", {}),
        ("gates", [{}]),
        ("gates", ["gate"]),
        ("origin", None),
        ("extra", 1),
    ],
)
def test_a_value_of_another_type_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=r"^status"):
        decode(sent({**tree(), name: value}))


def test_a_field_that_is_missing_is_refused() -> None:
    answer = tree()
    del answer["backend"]
    with pytest.raises(ValueError, match="has not the fields of this version"):
        decode(sent(answer))


def test_a_state_that_there_is_not_is_refused() -> None:
    answer = tree()
    answer["gates"][0]["state"] = "perfect"
    with pytest.raises(ValueError, match="perfect"):
        decode(sent(answer))


@pytest.mark.parametrize(
    "data",
    [b"", b"{}\n{}", b"[" * 60_000 + b"\n", b'{"age_s": NaN}\n', b"\xff\xfe\n", b"null\n", b" " * MOST_BYTES + b"{}\n"],
)
def test_what_is_no_answer_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each has another message
        decode(data)


@given(st.binary(max_size=200))
def test_garbage_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        decode(data)


def test_the_worst_gate_is_the_daemons_state() -> None:
    bad: GateReport = replace(GATE, state=State.OUT_OF_ORDER, causes=("no frames",))
    over = replace(GATE, state=State.RECORDING_OVER)
    states: list[tuple[Status, State]] = [
        (STATUS, State.IN_SERVICE),
        (replace(STATUS, gates=(GATE, bad)), State.OUT_OF_ORDER),
        (replace(STATUS, gates=(GATE, over)), State.IN_SERVICE),
        (replace(STATUS, gates=(over,)), State.RECORDING_OVER),
        (replace(STATUS, is_ready=False), State.STARTING),
        (replace(STATUS, age_s=3.1, gates=(GATE, bad)), State.HANGS),
    ]
    assert [status.state for status, _ in states] == [state for _, state in states]
    assert [status.state.works for status, _ in states] == [True, False, True, True, False, False]


def test_for_programs_it_is_plain_and_has_the_state() -> None:
    shown = to_dict(STATUS)
    assert shown["state"] == "in service"
    assert shown["gates"][0]["front"]["evidence"]["votes_correct"] == 3
    json.dumps(shown)
