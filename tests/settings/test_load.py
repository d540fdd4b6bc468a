"""Settings files: a good one is loaded as written; for a bad one, the error says where and what would be right."""

import os
from pathlib import Path

import pytest

from binarycop.errors import SettingsError, SettingsErrors
from binarycop.settings import dump
from binarycop.settings.gate import Contact, Fail, Policy
from binarycop.settings.load import from_tree, load
from binarycop.settings.schema import Settings
from binarycop.settings.signals import LampPattern
from binarycop.settings.tree import MAX_BYTES, parse
from tests.tried import Kind, tried


def settings_of(text: str) -> Settings:
    return from_tree(parse(text, "gate.yaml"))


def problems_of(text: str) -> list[str]:
    with pytest.raises((SettingsError, SettingsErrors)) as caught:
        settings_of(text)
    return str(caught.value).splitlines()


def test_an_empty_file_gives_the_defaults() -> None:
    assert settings_of("") == Settings()
    assert settings_of("# nothing yet\n") == Settings()


GOOD_AND_BAD = [
    (
        "gate: {pulse_s: 0.4}",
        "gate: {pulse_s: 30}",
        "gate.yaml:1: gate.pulse_s: is '30'; write a number from 0.05 to 10",
    ),
    ("gate: {pulse_s: 1}", "gate: {pulse_s: 1s}", "gate.pulse_s: is '1s'; write a number"),
    ("gate: {pulse_s: 1e0}", "gate: {pulse_s: .inf}", "gate.pulse_s: is '.inf'"),
    ("gate: {pulse_s: 0.5}", "gate: {pulse_s: nan}", "gate.pulse_s: is 'nan'"),
    ("gate: {policy: off}", "gate: {policy: no}", "gate.policy: is 'no'; write one of off, remind, enforce"),
    ("gate: {policy: 'off'}", "gate: {policy: Off}", "gate.policy: is 'Off'"),
    (
        "service: {mode: low-power, sleep_after_s: 30, sleep_rate_hz: 2}",
        "service: {mode: low_power}",
        "service.mode: is 'low_power'; write one of performance, low-power",
    ),
    ("service: {sleep_after_s: 2}", "service: {sleep_after_s: 1}", "service.sleep_after_s: is '1'; write a number"),
    ("service: {sleep_rate_hz: 30}", "service: {sleep_rate_hz: 1}", "service.sleep_rate_hz: is '1'; write a number"),
    ("verdict: {votes: 5}", "verdict: {votes: 5.0}", "verdict.votes: is '5.0'; write a whole number from 1 to 100"),
    ("verdict: {votes: 6}", "verdict: {votes: 06}", "verdict.votes: is '06'"),
    ("verdict: {window: 9}", "verdict: {window: 1:30}", "verdict.window: is '1:30'"),
    ("verdict: {votes: 5}", "verdict: {votes: '5'}", "verdict.votes: is '5'"),
    ("verdict: {margin: null}", "verdict: {votes: null}", "verdict.votes: is empty; write a whole number"),
    (
        "verdict: {votes: 5, window: 8}",
        "verdict: {votes: 9, window: 8}",
        "verdict.votes: a window of 8 frames cannot give 9 votes; write at most 8",
    ),
    (
        "verdict: {votes: 5, window: 9}",
        "verdict: {votes: 4, window: 8}",
        "verdict.votes: two classes can both have 4 votes of 8; write at least 5",
    ),
    ("frames: {source: demo}", "frame: {source: demo}", "frame: unknown key; did you mean frames?"),
    ("frames: {rate_hz: 25}", "frames: {rate: 25}", "frames.rate: unknown key; did you mean rate_hz?"),
    (
        "lines: {permission: {pin: P}}",
        "lines: {relay: {pin: P}}",
        "lines.relay: unknown key; did you mean permission?",
    ),
    (
        "lines: {passed: {pin: 27}}",
        "lines: {passed: 27}",
        "lines.passed: is '27'; write indented 'key: value' lines below it; its keys are pin, ",
    ),
    ("frames: {source: 'no'}", "frames: [demo]", "frames: is a list; write indented 'key: value' lines"),
    ("frames: {source: no}", "frames: {source: }", "frames.source: is empty; write printable text"),
    (
        "lines: {lamps: {correct: {pin: L1}}}",
        "lines: {lamps: {correct: {pin: L1}, nose: null}}",
        "lines.lamps.nose: is empty; write indented 'key: value' lines below it, or remove the key",
    ),
    (
        "classifier: {views: 10}",
        "classifier: {views: 11}",
        "classifier.views: is '11'; write a whole number from 1 to 10",
    ),
    (
        "faces: {find_every: 1}",
        "faces: {find_every: 0}",
        "faces.find_every: is '0'; write a whole number from 1 to 100",
    ),
    ("faces: {deadline_s: 0.5}", "faces: {deadline_s: 0}", "faces.deadline_s: is '0'; write a number from 0.1 to 60"),
    ("faces: {still_s: 30}", "faces: {still_s: 5}", "faces.still_s: is '5'; write a number from 10 to 3600"),
    ("lines: {permission: {pin: R1}}", "lines: {fire: {active_high: true}}", "lines.fire: lacks pin"),
    (
        "lines: {permission: {pin: R1, active_high: false}}",
        "lines: {permission: {pin: R1, active_high: off}}",
        "lines.permission.active_high: is 'off'; write true or false",
    ),
    (
        "lines: {heartbeat: {pin: B}, max_on_s: 10}",
        "lines: {max_on_s: 10}",
        "lines.max_on_s: belongs to the dead-man timer, which needs lines.heartbeat; write both",
    ),
    (
        "{gate: {contact: hold, hold_s: 9}, lines: {heartbeat: {pin: B}, max_on_s: 10}}",
        "{gate: {contact: hold, hold_s: 9.5}, lines: {heartbeat: {pin: B}, max_on_s: 10}}",
        "gate.hold_s: is within 1 s of lines.max_on_s, 10 s, or longer; write at most 9",
    ),
    (
        "lines: {feedback: {pin: F, debounce_s: 0.1}}",
        "lines: {feedback: {pin: F, debounce_s: 0.15}}",
        "lines.feedback.debounce_s: is too long: the relay's contact must follow within 0.2 s; write at most 0.1",
    ),
    (
        "lines: {fire: {pin: F1}}",
        "lines: {fire: {pin: RELAY}}",
        "lines.fire.pin: pin RELAY is already used by lines.permission",
    ),
    (
        "signals: {nose: {lamps: {nose: on}}}",
        "signals: {nose: {lamps: {nose: yes}}}",
        "signals.nose.lamps.nose: is 'yes'; write one of off, on, slow",
    ),
    (
        "signals: {nose: {lamps: {chin: fast}}}",
        "signals: {nose: {lamps: {red: fast}}}",
        "signals.nose.lamps.red: there is no such lamp; lines.lamps has correct, nose, nose_mouth, chin",
    ),
    (
        "signals: {chin: {permission: true}}",
        "signals: {nobody: {permission: true}}",
        "signals.nobody.permission: would give permission to nobody",
    ),
    (
        "{gate: {fail: open}, signals: {fault: {permission: true}}}",
        "{gate: {fail: open}}",
        "gate.yaml:1: signals.fault.permission: cannot work: without power, the wiring of fail: open gives permission",
    ),
    (
        "gate: {contact: hold, hold_s: 9}",
        "gate: {contact: hold, hold_s: 11}",
        "gate.hold_s: is longer than gate.pass_timeout_s, 10 s; write at most 10",
    ),
    ("gates: [{name: a}]", "gates: []", "gates: has 0 gates; write 1 to 16 gates, or remove the key"),
    ("gates: [{name: a}]", "gates: [" + "{name: a}," * 17 + "]", "gates: has 17 gates; write 1 to 16 gates"),
    ("gates: [{name: a}]", "gates: {name: a}", "gates: is a mapping; write a list: begin each gate with '- name: ...'"),
    ("gates: [{name: a}]", "gates:", "gates: is empty; write a list"),
    ("gates: [{name: a}]", "gates: [a]", "gates[0]: is 'a'; write 'name: ...' and the keys that differ for this gate"),
    ("gates: [{name: a}]", "gates: [{name: ''}]", "gates[0].name: is ''; write printable text"),
    ("gates: [{name: a}]", "gates: [{source: demo}]", "gates[0]: lacks name"),
    ("gates: [{name: a, source: demo}]", "gates: [{name: a, sauce: demo}]", "gates[0].sauce: unknown key"),
    (
        "gates: [{name: a, gate: {policy: off}}]",
        "gates: [{name: a, gate: {policy: of}}]",
        "gates[0].gate.policy: is 'of'",
    ),
    (
        "gates: [{name: a}, {name: b, lines: {permission: {pin: R2}, lamps: {}}}]",
        "gates: [{name: a}, {name: b, lines: {permission: {pin: RELAY}, lamps: {}}}]",
        "gates[1].lines.permission.pin: pin RELAY is already used by gates[0]; use another pin",
    ),
    (
        "gates: [{name: a}, {name: b, lines: {permission: {pin: R2}, lamps: {}}}]",
        "gates: [{name: a}, {name: a, lines: {permission: {pin: R2}, lamps: {}}}]",
        "gates[1].name: a is already the name of gates[0]",
    ),
    (
        "gates: [{name: unknowns}]",
        "gates: [{name: unknown}]",
        "gates[0].name: unknown is the name of gates that are not in the settings; use another name",
    ),
    (
        "gates: [{name: a, source: '0'}]",
        "gates: [{name: a, source: '0', frames: {source: '1'}}]",
        "gates[0].source: is written twice",
    ),
    ("classifier: {bundle: cnv}", "classifier: {bundle: cnv, backend: fpga}", "classifier.backend: is 'fpga'"),
    (
        "classifier: {backend: simulated-board}",
        "classifier: {backend: simulated}",
        "classifier.backend: is 'simulated'; write one of emulator, overlay, simulated-board, simulated-rtl",
    ),
    (
        "classifier: {overlay: {deadline_s: 0.05, restarts: 0, within_s: 60, fallback: emulator}}",
        "classifier: {overlay: {deadline_s: 5}}",
        "classifier.overlay.deadline_s: is '5'; write a number from 0.001 to 1",
    ),
    (
        "classifier: {overlay: {memory: uio}}",
        "classifier: {overlay: {memory: mem}}",
        "classifier.overlay.memory: is 'mem'; write one of pynq, uio",
    ),
    ("classifier: {overlay: {restarts: 1}}", "classifier: {overlay: {restarts: -1}}", "classifier.overlay.restarts"),
    (
        "classifier: {overlay: {fallback: none}}",
        "classifier: {overlay: {fallback: cpu}}",
        "classifier.overlay.fallback: is 'cpu'; write one of none, emulator",
    ),
    (
        "classifier: {simulated_board: {fault: flip, after: 3, times: 2}}",
        "classifier: {simulated_board: {fault: fire}}",
        "classifier.simulated_board.fault: is 'fire'; write one of none, hang, slow, flip, lose",
    ),
    (
        "classifier: {backend: simulated-rtl, simulated_rtl: {folder: /opt/circuits}}",
        "classifier: {simulated_rtl: {folder: [7]}}",
        "classifier.simulated_rtl.folder: ",
    ),
    ("journal: {target: stderr}", "journal: stderr", "journal: is 'stderr'; write indented 'key: value' lines"),
    ("gate: {fail: secure}", "gate: {fail: secure, fail: open}", "gate.fail: is written twice, first in line 1"),
    ("{}", "[]", "gate.yaml:1: is not a mapping"),
    ("{}", "gate: {", "is not YAML"),
    (
        "{}",
        "y: 1\ngate: {\n  policy: off\n",
        "gate.yaml:2: is not YAML: expected ',' or '}', but got '<stream end>'; close",
    ),
    ("{}", "y: 1\nx: 'a\n\n\n", "gate.yaml:2: is not YAML: found unexpected end of stream; close the bracket or quote"),
    (
        "frames: {source: 'C:\\clips'}",
        'frames: {source: "C:\\clips"}',
        "gate.yaml:1: is not YAML: found unknown escape character 'c'; write the text in single quotes",
    ),
    ("{}", 'x: "C:\\users"', "but found 's'; write the text in single quotes"),
    ("{}", "gate: &a {x: *a}", "gate.yaml:1: gate: has the anchor 'a'; write the value in each place"),
    ("{}", "\ngate: *a", "gate.yaml:2: gate: has the alias 'a'; write the value instead"),
    ("gate: {policy: off}", "gate:\n  policy: !!python/name:os.system x", "gate.yaml:2: gate.policy: has the tag"),
    ("gate: {policy: off}", "gate: {policy: !!str off}", "gate.policy: has the tag 'tag:yaml.org,2002:str'; write the"),
    ("{}", "gate: {<<: {policy: off}}", "gate.<<: unknown key"),
    ("{}", "a: " + "[" * 100_000, "gate.yaml:1: is nested too deeply; write at most 16 levels"),
    ("{}", "a:\n" + "- 1\n" * 10_000, "has too many keys and values; write at most 10000"),
    ("{}", "k" * 65 + ": 1", "has a key that is too long or has a control character: 'kkkkkkkkkkkkkkkkkkkk'..."),
    ("{}", '"a\\e[31m": 1', "has a key that is too long or has a control character: 'a\\x1b[31m'..."),
    ("{}", "gate: {}\n---\ngate: {}", "gate.yaml:2: has a second document; remove the line '---'"),
    ("{}", "gate: {}\nx: \x00", "gate.yaml:2: has the character '\\x00' in column 4, which YAML does not allow"),
    ("\ufeffgate: {}", "gate: {\ufeffpolicy: off}", "has a key that is too long or has a control character"),
    ("{}", 'y: 1\nx: "\\UFFFFFFFF"', "gate.yaml:2: is not YAML"),
    (
        "verdict: {votes: 5}",
        "verdict: {votes: " + "9" * 400 + "}",
        "verdict.votes: is '9999999999999999999999999999999999999...'; write a whole number from 1 to 100",
    ),
    ("verdict: {votes: 5}", "verdict: {votes: " + "9" * 200_000 + "}", "write a whole number from 1 to 100"),
    ("gate: {pulse_s: 0.5}", "gate: {pulse_s: 1e400}", "gate.pulse_s: is '1e400'; write a number from 0.05 to 10"),
    ("gate: {pulse_s: 0.5}", "gate: {pulse_s: 0x1}", "gate.pulse_s: is '0x1'"),
    ("gate: {pulse_s: 0.5}", "gate: {pulse_s: true}", "gate.pulse_s: is 'true'"),
    ("gate: {pulse_s: 0.5}", "gate: {pulse_s: 2026-05-04}", "gate.pulse_s: is '2026-05-04'"),
    ("verdict: {votes: 5}", "verdict: {votes: \u0665}", "verdict.votes: is '\u0665'"),
    (
        "frames: {source: demo}",
        "frames: {source: " + "x" * 1025 + "}",
        "write printable text on one line, of at most 1024 characters",
    ),
    ("frames: {source: demo}", 'frames: {source: "a\\0b"}', "frames.source: is 'a\\x00b'; write printable text"),
    ("{}", "? [a]\n: b", "has a key that is not text"),
]


# What people write who know YAML from other programs, and what their editors and tools make of it: the text, how the
# page of what was tried calls it, and the message.
WRITTEN_FOR_OTHERS = [
    (
        "gates:\n- name: a\n  source: !secret cam\n",
        "`!secret cam`, as in Home Assistant",
        "gate.yaml:3: gates[0].source: has the tag '!secret'; write the value itself, without a tag",
    ),
    (
        "frames: !include cam.yaml",
        "`!include cam.yaml`",
        "gate.yaml:1: frames: has the tag '!include'; write the value",
    ),
    (
        "%include cam.yaml\n---\n",
        "`%include cam.yaml`",
        "gate.yaml:1: is not YAML: found the directive %include; remove",
    ),
    ("frames: &f {source: a}", "an anchor", "gate.yaml:1: frames: has the anchor 'f'; write the value in each place"),
    ("gate: {<<: {pulse_s: 1}}", "a merge key", "gate.yaml:1: gate.<<: unknown key"),
    (
        "frames:\n  source: |\n    /dev/video0\n",
        "a text as a literal block, with its line break",
        "gate.yaml:2: frames.source: is '/dev/video0\\n'; write it on the line of its key, without |",
    ),
    (
        "gate:\n  pulse_s: >-\n    0.5\n",
        "a number as a folded block",
        "gate.yaml:2: gate.pulse_s: is '0.5'; write it on the line of its key, without >",
    ),
    (
        "gate:\n  pulse_s: '0.5'\n",
        "a number in quotes",
        "gate.yaml:2: gate.pulse_s: is '0.5'; write a number from 0.05 to 10, such as 0.5, without quotes",
    ),
    (
        "lines: {permission: {active_high: 'true'}}",
        "`'true'` in quotes",
        "lines.permission.active_high: is 'true'; write true or false, without quotes",
    ),
    ("lines: {permission: {active_high: yes}}", "`yes` for true", "is 'yes'; write true or false"),
    (
        "verdict: {votes: 010}",
        "an octal number",
        "verdict.votes: is '010'; write a whole number from 1 to 100, such as 5",
    ),
    (
        "gate: {hold_s: 1:30}",
        "`1:30`, a number to the base of 60",
        "gate.hold_s: is '1:30'; write a number from 0.5 to",
    ),
    ("gate: {hold_s: 1_0}", "`1_0`", "gate.hold_s: is '1_0'; write a number from 0.5 to 120, such as 8"),
    ("gate: {pulse_s: .5}", "`.5`", "gate.pulse_s: is '.5'; write a number from 0.05 to 10, such as 0.5"),
    ("gate:\n  pulse_s: 0,5\n", "a decimal comma", "gate.pulse_s: is '0,5'; write a number from 0.05 to 10"),
    ("gate: {pulse_s: 500ms}", "a number with its unit", "gate.pulse_s: is '500ms'; write a number"),
    ("gate: {pulse_s: ~}", "`~` for a number", "gate.pulse_s: is empty; write a number"),
    (
        "gates:\n- name: a\n  frames:\n  width_px: 640\n",
        "keys that are not indented",
        "gate.yaml:4: gates[0].width_px: unknown key; write it indented below frames",
    ),
    (
        "source: cam",
        "a key of a section at the top",
        "gate.yaml:1: source: unknown key; write it indented below frames",
    ),
    ("frames:\n\tsource: a\n", "a tab as indent", "gate.yaml:2: is not YAML: found character '\\t' that cannot start"),
    ("frames: {source: @cam}", "a text that begins with `@`", "cannot start any token; write the value in quotes"),
    ("frames:\n  source: a\x07b\n", "a control character", "gate.yaml:2: has the character '\\x07' in column 12"),
    (
        'frames: {source: "a\\x07b"}',
        "a control character's escape",
        "frames.source: is 'a\\x07b'; write printable text",
    ),
    ("frames: {source: ''}", "an empty text", "frames.source: is ''; write printable text"),
    ("gate: {}\n---\n", "a second document", "gate.yaml:2: has a second document; remove the line '---'"),
    ("gate: {fail: open, fail: secure}", "a key twice", "gate.fail: is written twice, first in line 1; keep one"),
]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(text, message, marks=tried(Kind.SETTINGS, what, "refused: file, line, key and what to write"))
        for text, what, message in WRITTEN_FOR_OTHERS
    ],
)
def test_what_is_no_part_of_these_files_is_refused_in_words(text: str, message: str) -> None:
    assert any(message in problem for problem in problems_of(text)), problems_of(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\ufeffframes: {source: cam}", marks=tried(Kind.SETTINGS, "a byte order mark", "read")),
        pytest.param("frames:\r\n  source: cam\r\n", marks=tried(Kind.SETTINGS, "line ends of Windows", "read")),
        pytest.param("%YAML 1.1\n---\nframes: {source: cam}\n...\n", marks=tried(Kind.SETTINGS, "`%YAML 1.1`", "read")),
        pytest.param('{"frames": {"source": "cam"}}', marks=tried(Kind.SETTINGS, "JSON", "read")),
        pytest.param(
            "frames:\n  source: |-\n    cam\n",
            marks=tried(Kind.SETTINGS, "a text as a literal block, without its line break", "read"),
        ),
    ],
)
def test_what_editors_and_tools_write_is_read(text: str) -> None:
    assert settings_of(text).gates[0].frames.source == "cam"


@pytest.mark.parametrize("text", ["no", "010", "1:30", "1_0", "2026-05-04", "0x1F", ".inf", "true"])
@tried(Kind.SETTINGS, "`no`, `010`, `1:30`, `2026-05-04` as a text", "the text as it is written")
def test_a_text_that_yaml_takes_for_something_else_stays_this_text(text: str) -> None:
    assert settings_of(f"frames: {{source: {text}}}").gates[0].frames.source == text


@pytest.mark.parametrize(("good", "bad", "message"), GOOD_AND_BAD)
def test_a_good_value_is_accepted_and_a_bad_one_gets_its_message(good: str, bad: str, message: str) -> None:
    settings_of(good)
    assert any(message in problem for problem in problems_of(bad)), problems_of(bad)


def test_gates_without_pins_of_their_own_are_told_which_keys_to_write() -> None:
    at, why = "gate.yaml:1: gates[1].lines", "is not written for this gate, so it has"
    assert problems_of("gates: [{name: a}, {name: b}]") == [
        f"{at}.permission.pin: {why} RELAY, which is already used by gates[0]; write its own pin",
        f"{at}.lamps: {why} the lamps of gates[0]; write its own lamps, or lamps: {{}} for none",
    ]
    common = "lines: {permission: {pin: A}, lamps: {}, fire: {pin: F}}"
    assert problems_of(f"{common}\ngates: [{{name: a}}, {{name: b, lines: {{permission: {{pin: B}}}}}}]") == [
        f"gate.yaml:2: gates[1].lines.fire.pin: {why} F, which is already used by gates[0]; write its own pin"
    ]


def test_the_words_off_and_no_stay_text() -> None:
    settings = settings_of("gate: {policy: off}\ngates:\n- name: no\n  signals: {nose: {lamps: {nose: on}}}\n")
    lane = settings.gates[0]
    assert lane.gate.policy is Policy.OFF
    assert lane.name == "no"
    assert lane.signals.nose.lamps == {"nose": LampPattern.ON}


def test_all_problems_are_reported_at_once_each_with_its_line() -> None:
    problems = problems_of("gate:\n  pulse_s: 30\nverdict:\n  votes: many\ncolour: blue\n")
    assert [problem.split(": ")[0] for problem in problems] == ["gate.yaml:2", "gate.yaml:4", "gate.yaml:5"]


def test_an_entry_of_gates_overrides_the_top_level() -> None:
    settings = settings_of(
        "gate: {contact: hold, hold_s: 5}\ngates:\n"
        "- {name: north, source: '0'}\n"
        "- {name: south, gate: {hold_s: 6}, lines: {permission: {pin: R2}, lamps: {}}}\n"
    )
    north, south = settings.gates
    assert (north.gate.contact, north.gate.hold_s, north.frames.source) == (Contact.HOLD, 5, "0")
    assert (south.gate.contact, south.gate.hold_s, south.frames.source) == (Contact.HOLD, 6, "demo")


def test_a_lane_with_fewer_lamps_than_the_board_keeps_the_default_signals_for_its_own_lamps() -> None:
    lane = settings_of("lines: {lamps: {correct: {pin: L1}}}").gates[0]
    assert lane.signals.correct.lamps == {"correct": LampPattern.ON}
    assert lane.signals.nose.lamps == {}
    assert lane.signals.fault.lamps == {"correct": LampPattern.FAST}


def test_a_key_that_is_not_written_keeps_its_default() -> None:
    lane = settings_of("{signals: {correct: {lamps: {chin: two}}}, lines: {permission: {active_high: false}}}").gates[0]
    assert lane.signals.correct.permission
    assert (lane.lines.permission.pin, lane.lines.permission.active_high) == ("RELAY", False)


def test_drop_ins_override_key_by_key_in_the_order_of_their_names(tmp_path: Path) -> None:
    (tmp_path / "gate.yaml").write_text("gate: {policy: enforce, pulse_s: 1}\n")
    (tmp_path / "gate.d").mkdir()
    (tmp_path / "gate.d" / "20-late.yaml").write_text("gate: {pulse_s: 3}\n")
    (tmp_path / "gate.d" / "10-early.yaml").write_text("gate: {pulse_s: 2, fail: secure}\n")
    loaded = load(tmp_path / "gate.yaml")
    gate = loaded.settings.gates[0].gate
    assert (gate.policy, gate.pulse_s, gate.fail) == (Policy.ENFORCE, 3, Fail.SECURE)
    assert [path.name for path in loaded.files] == ["gate.yaml", "10-early.yaml", "20-late.yaml"]


def test_a_problem_in_a_drop_in_names_that_file(tmp_path: Path) -> None:
    (tmp_path / "gate.yaml").write_text("gate: {policy: enforce}\n")
    (tmp_path / "gate.d").mkdir()
    (tmp_path / "gate.d" / "10-site.yaml").write_text("# site\ngate:\n  policy: maybe\n")
    with pytest.raises(SettingsErrors, match=r"10-site\.yaml:3: gate\.policy"):
        load(tmp_path / "gate.yaml")


@tried(Kind.SETTINGS, "Latin-1", "refused: the line, and to be saved as UTF-8")
def test_a_missing_file_and_a_file_that_is_not_text_are_reported(tmp_path: Path) -> None:
    with pytest.raises(SettingsErrors, match=r"gate\.yaml: cannot be read: No such file"):
        load(tmp_path / "gate.yaml")
    (tmp_path / "gate.yaml").write_bytes(b"gate: {}\n# caf\xe9\n")
    with pytest.raises(SettingsErrors, match=r"gate\.yaml:2: is not UTF-8"):
        load(tmp_path / "gate.yaml")


@tried(Kind.SETTINGS, "thirty lines of aliases that stand for a thousand million values", "refused at once")
def test_a_pile_of_aliases_is_refused_before_it_is_built() -> None:
    """Thirty lines that stand for a thousand million values."""
    lines = ["x0: &a0 [1, 2]", *(f"x{level}: &a{level} [*a{level - 1}, *a{level - 1}]" for level in range(1, 31))]
    assert problems_of("\n".join(lines)) == ["gate.yaml:1: x0: has the anchor 'a0'; write the value in each place"]


@tried(Kind.SETTINGS, "a pipe, a device or a folder instead of a file", "refused at once")
def test_a_file_that_is_not_a_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    file, drop_in = tmp_path / "gate.yaml", tmp_path / "gate.d" / "10-site.yaml"
    os.mkfifo(file)
    with pytest.raises(SettingsErrors, match=r"gate\.yaml: cannot be read: it is not a regular file"):
        load(file)
    file.unlink()
    file.symlink_to("/dev/zero")
    with pytest.raises(SettingsErrors, match=r"gate\.yaml: cannot be read: it is not a regular file"):
        load(file)
    file.unlink()
    file.mkdir()
    with pytest.raises(SettingsErrors, match=r"gate\.yaml: cannot be read: Is a directory"):
        load(file)
    file.rmdir()
    file.touch()
    drop_in.parent.mkdir()
    os.mkfifo(drop_in)
    with pytest.raises(SettingsErrors, match=r"10-site\.yaml: cannot be read: it is not a regular file"):
        load(file)


@tried(Kind.SETTINGS, "more than 256 KiB", "refused")
def test_all_files_together_have_a_bounded_size(tmp_path: Path) -> None:
    file, folder = tmp_path / "gate.yaml", tmp_path / "gate.d"
    folder.mkdir()
    file.write_text("#" * MAX_BYTES)
    assert load(file).settings == Settings()
    (folder / "10-site.yaml").write_text("#")
    with pytest.raises(SettingsErrors, match=r"10-site\.yaml: cannot be read: it is larger than 0 bytes"):
        load(file)


@tried(Kind.SETTINGS, "UTF-16, as Windows' editor calls Unicode", "refused: to be saved as UTF-8")
def test_a_file_in_utf_16_is_refused(tmp_path: Path) -> None:
    (tmp_path / "gate.yaml").write_bytes("gate: {}\n".encode("utf-16"))
    with pytest.raises(SettingsErrors, match=r"gate\.yaml:1: is not UTF-8 text; save it as UTF-8"):
        load(tmp_path / "gate.yaml")


def test_only_the_first_errors_are_reported_and_the_others_are_counted() -> None:
    problems = problems_of("\n".join(f"x{number}: 1" for number in range(1000)))
    assert len(problems) == 21
    assert problems[-1] == "there are 980 more errors; correct these first"
    problems = problems_of("\n".join(f"x{number}: 1" for number in range(21)))
    assert problems[-1] == "there is 1 more error; correct these first"


EXAMPLES = [
    "",
    "gate: {policy: off}\n",
    "verdict: {margin: 12}\nlines: {lamps: {correct: {pin: L1}}, fire: {pin: F, active_high: false}}\n",
    "gates:\n- {name: a, source: '0'}\n- {name: b, lines: {permission: {pin: R2}, lamps: {}}}\n",
    "signals: {chin: {permission: true, lamps: {chin: two}}}\n",
]


@pytest.mark.parametrize("text", EXAMPLES)
def test_dumped_settings_can_be_loaded_again_and_are_equal(text: str) -> None:
    settings = settings_of(text)
    assert settings_of(dump.dump(settings)) == settings
    assert settings_of(dump.dump_changes(settings)) == settings


def test_dump_changes_has_only_what_differs_from_the_defaults() -> None:
    assert dump.dump_changes(settings_of("gate: {pulse_s: 0.5, policy: remind}\n")) == (
        "gates:\n- name: gate\n  gate:\n    policy: remind\n"
    )
    assert dump.dump_changes(Settings()) == ""
