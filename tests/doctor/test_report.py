"""The report for support has what was found, and nothing that names a person or one machine."""

from pathlib import Path

import pytest

from binarycop.doctor.finding import Section, fail, not_checked, ok, warn
from binarycop.doctor.own_names import read_own_names
from binarycop.doctor.privacy import Names, tree_without_names, without_names
from binarycop.doctor.report import report, summary

PATH = "/home/jane doe/St. Mary, ward 3/clip.avi"
NAMES = Names(frozenset({"ward-4-box", "jane", "A1B2C3D4"}), ("Ward 4", "gate", "O'Brien"), ("demo", PATH))
SECTIONS = (
    Section("cameras", (ok("mode", "MJPG 640×480 at 30 Hz", gate="Ward 4"), warn("rate", "14 Hz", "more light"))),
    Section("machine", (fail("swap", "/dev/sda2", "swapoff -a"), not_checked("temperature", "no sensor"))),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("eth0 00:0a:35:00:1e:53 is up", "eth0 (left out) is up"),
        ("ssh from 192.168.2.99", "ssh from (left out)"),
        ("at fe80:0:0:0:20a:35ff:fe00:1e53", "at (left out)"),
        ("at fe80::20a:35ff:fe00:1e53, 2001:db8::1", "at (left out), (left out)"),
        ("boot 6b7f1d8e0a914c56b0c38f5f0a2f7c11", "boot (left out)"),
        ("boot 6b7f1d8e-0a91-4c56-b0c3-8f5f0a2f7c11", "boot (left out)"),
        ("mail jane.doe@example.org", "mail (left out)"),
        ("/dev/v4l/by-id/usb-Acme_HD_9F3A77-video-index0 is busy", "/dev/v4l/by-id/(left out) is busy"),
        ("/home/jane/clip.avi does not exist", "/home/(left out) does not exist"),
        ("/media/stick/gate.yaml", "/media/(left out)"),
        ("/etc/binarycop/gate.d/40-clinic.yaml:3: gate.policy", "/etc/binarycop/gate.d/(left out):3: gate.policy"),
        ("/etc/my-gate.d/40 clinic north.yaml:3: gate", "/etc/my-gate.d/(left out):3: gate"),
        ("p.d/north.yaml, gate.yaml", "p.d/(left out), gate.yaml"),
        ("unit files: with the drop-ins clinic.conf, b.conf", "unit files: with the drop-ins (left out)"),
        (f"north: {PATH}: does not exist", "north: /home/(left out): does not exist"),
        ("is '/media/Jane Doe/stick 1/x'; write demo", "is '/media/(left out)'; write demo"),
        ("/root/clip.avi, /root", "/root/(left out), /(left out)"),
        ("the demo, at /home/(left out)", "the demo, at /home/(left out)"),
        ("WARD-4-BOX says no", "(left out) says no"),
        ("serial a1b2c3d4", "serial (left out)"),
        ("Ward 4: dark", "gate-1: dark"),
        ("gate: dark", "gate: dark"),
        ("lines zynq_gpio:54 on janet at 12:34:56", "lines zynq_gpio:54 on janet at 12:34:56"),
    ],
)
def test_what_names_somebody_is_taken_out(text: str, expected: str) -> None:
    assert without_names(text, NAMES) == expected


def test_a_gate_has_one_number_though_its_name_is_part_of_anothers_or_like_a_number() -> None:
    names = Names(gates=("North", "north 2", "gate-1", "gate"))
    texts = ("north: dark", "North 2: dark", "gate-1: dark", "gate: dark", "gates NORTH, north 2 and gate-1")
    assert [without_names(text, names) for text in texts] == [
        "gate-1: dark",
        "gate-2: dark",
        "gate-3: dark",
        "gate: dark",
        "gates gate-1, gate-2 and gate-3",
    ]


def test_the_report_says_what_it_holds_and_has_every_finding() -> None:
    text = report(SECTIONS, [("OpenCV", "4.5.4.60")], "gates:\n- name: gate-1\n", NAMES)
    assert text.startswith("binarycop doctor: report for support\n\nWhat this file holds:")
    assert "  OpenCV       4.5.4.60" in text.splitlines(), "a version is no address"
    assert "  ok    mode: gate-1: MJPG 640×480 at 30 Hz" in text.splitlines()
    assert "  FAIL  swap: /dev/sda2\n        -> swapoff -a" in text
    assert "- name: gate-1" in text.splitlines()
    assert "Ward" not in text
    assert summary(SECTIONS) == "1 ok, 1 warn, 1 FAIL, 1 not checked"


def test_settings_have_no_name_however_yaml_would_write_it() -> None:
    gates = [{"name": "O'Brien", "frames": {"source": PATH, "rate_hz": 30}, "lines": {"lamps": {"jane": None}}}]
    assert tree_without_names({"gates": gates}, NAMES) == {
        "gates": [
            {
                "name": "gate-3",
                "frames": {"source": "/home/(left out)", "rate_hz": 30},
                "lines": {"lamps": {"(left out)": None}},
            }
        ]
    }


def test_what_another_program_wrote_begins_no_line_and_moves_no_cursor() -> None:
    section = Section("lines", (warn("owners", "other programs have lines: 'a\x1b[2J\n  ok'", "end 'a\nb'"),))
    lines = report([section], [], "", NAMES).splitlines()
    assert "  warn  owners: other programs have lines: 'a\\x1b[2J\\n  ok'" in lines
    assert "        -> end 'a\\nb'" in lines
    assert lines[-1] == "none"


def test_the_machines_own_names_are_read(tmp_path: Path) -> None:
    for name, text in (
        ("etc/machine-id", "6b7f1d8e0a914c56b0c38f5f0a2f7c11\n"),
        ("sys/class/net/eth0/address", "00:0a:35:00:1e:53\n"),
        ("sys/bus/usb/devices/1-1/serial", "9F3A77\n"),
    ):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text)
    found = read_own_names(tmp_path)
    assert {"6b7f1d8e0a914c56b0c38f5f0a2f7c11", "00:0a:35:00:1e:53", "9F3A77"} <= found
    assert not found & {"root", "pynq", "binarycop", ""}


@pytest.mark.parametrize(
    ("host", "names", "others"),
    [
        ("ward-4.clinic.example", {"ward-4.clinic.example", "ward-4", "clinic.example"}, set()),
        ("ward-4.local", {"ward-4.local", "ward-4"}, {"local"}),
        ("pynq", set(), {"pynq"}),
    ],
)
def test_a_full_host_name_is_also_known_by_its_parts(
    host: str, names: set[str], others: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: host)
    found = read_own_names(tmp_path)
    assert names <= found
    assert not others & found
