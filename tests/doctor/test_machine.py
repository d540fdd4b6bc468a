"""The checks of the machine: each is a function of facts, and the facts are read from files."""

from dataclasses import replace
from pathlib import Path

import pytest

from binarycop.doctor import machine
from binarycop.doctor.finding import Finding, Level
from binarycop.doctor.machine import MachineFacts, Swap
from binarycop.doctor.machine_facts import read_machine

GOOD = MachineFacts(
    os_id="ubuntu",
    os_version="22.04",
    os_name="Ubuntu 22.04.4 LTS",
    architecture="armv7l",
    kernel="5.15.19-xilinx",
    board="Pynq-Z1",
    model="Xilinx Zynq",
    free_mib=2000,
    memory_mib=490,
    temperature_c=51.0,
    now_s=200.0,
    built_s=100.0,
    is_synchronised=True,
    has_seccomp=True,
    limits_memory=True,
    keeps_journal=True,
    chips=("zynq_gpio",),
    cameras=("/dev/video0",),
)
CARD = Swap("/var/swap", 512, True)


def test_a_good_board_has_nothing_to_do() -> None:
    findings = [check(GOOD) for check in machine.CHECKS]
    assert {finding.level for finding in findings} == {Level.OK}
    assert {finding.remedy for finding in findings} == {""}


@pytest.mark.parametrize(
    ("facts", "level", "words"),
    [
        (replace(GOOD, board=""), Level.WARN, "not a PYNQ-Z1 image"),
        (replace(GOOD, free_mib=299), Level.WARN, "only 299 MiB are free in /var"),
        (replace(GOOD, free_mib=99), Level.FAIL, "100 are needed"),
        (replace(GOOD, free_mib=None), Level.NOT_CHECKED, "not checked: /var cannot be looked at"),
        (replace(GOOD, is_read_only=True), Level.FAIL, "/var is read-only"),
        (replace(GOOD, memory_mib=256), Level.WARN, "256 MiB"),
        (replace(GOOD, memory_mib=None), Level.NOT_CHECKED, "not checked: /proc/meminfo"),
        (replace(GOOD, swaps=(CARD,)), Level.FAIL, "/var/swap (512 MiB), and this kernel does not keep the daemon out"),
        (replace(GOOD, swaps=(CARD,), swaps_off=True), Level.WARN, "the kernel keeps the daemon out of it"),
        (replace(GOOD, swaps=(Swap("/dev/zram0", 64, False),)), Level.OK, "in memory only: /dev/zram0"),
        (replace(GOOD, dumps_kernel=True), Level.FAIL, "a kernel that crashes writes all memory to a file"),
        (
            replace(GOOD, core_pattern="|/usr/share/apport"),
            Level.OK,
            "the kernel's pattern for those of others: |/usr/share/apport",
        ),
        (replace(GOOD, temperature_c=76.0), Level.WARN, "76 °C"),
        (replace(GOOD, temperature_c=85.0), Level.FAIL, "85 °C"),
        (replace(GOOD, temperature_c=None), Level.NOT_CHECKED, "not checked: this machine has no sensor"),
        (replace(GOOD, now_s=99.0), Level.FAIL, "it was never set"),
        (replace(GOOD, is_synchronised=False), Level.WARN, "no time server keeps it"),
        (replace(GOOD, is_synchronised=None), Level.NOT_CHECKED, "not checked: the kernel does not say"),
        (replace(GOOD, has_seccomp=False), Level.FAIL, "the kernel has no filters"),
        (replace(GOOD, limits_memory=False), Level.WARN, "cannot limit a unit's memory"),
        (replace(GOOD, keeps_journal=False), Level.FAIL, "a power cut loses every event"),
    ],
)
def test_each_check_says_what_is_wrong_and_what_to_do(facts: MachineFacts, level: Level, words: str) -> None:
    [finding] = [finding for check in machine.CHECKS if (finding := check(facts)) != check(GOOD)]
    assert finding.level is level
    assert words in finding.text
    assert bool(finding.remedy) is (level in (Level.WARN, Level.FAIL))


def levels(facts: MachineFacts, *allowed: str) -> dict[str, Finding]:
    return {finding.name: finding for finding in machine.before_install(facts, allowed)}


def test_before_an_installation_another_board_fails_unless_it_is_meant() -> None:
    other = replace(GOOD, board="", chips=("gpio-mockup",))
    refused = levels(other)
    assert (refused["board and image"].level, refused["GPIO chips"].level) == (Level.FAIL, Level.FAIL)
    assert refused["board and image"].remedy.endswith("(to continue anyway: --other-board)")
    meant = levels(other, "--other-board")
    assert (meant["board and image"].level, meant["GPIO chips"].level) == (Level.WARN, Level.WARN)
    assert levels(replace(other, chips=()), "--other-board")["GPIO chips"].level is Level.WARN


def test_before_an_installation_a_camera_must_be_there_unless_it_comes_later() -> None:
    without = replace(GOOD, cameras=())
    assert levels(without)["cameras"].remedy.endswith("(to continue anyway: --without-camera)")
    assert levels(without, "--without-camera")["cameras"].level is Level.WARN
    assert {finding.level for finding in levels(GOOD).values()} == {Level.OK}


def test_before_an_installation_nothing_allows_a_full_disk() -> None:
    full = levels(replace(GOOD, free_mib=10), "--other-board", "--without-camera")
    assert full["disk"].level is Level.FAIL


@pytest.fixture
def board(tmp_path: Path) -> Path:
    """The files of a board, as far as they are read."""
    files = {
        "etc/os-release": 'ID=ubuntu\nVERSION_ID="22.04"\nPRETTY_NAME="Ubuntu 22.04.4 LTS"\n',
        "etc/profile.d/boardname.sh": "export BOARD=Pynq-Z1\n",
        "proc/device-tree/model": "Xilinx Zynq\0",
        "proc/meminfo": "MemTotal:         501812 kB\nMemFree: 1 kB\n",
        "proc/swaps": "Filename Type Size Used Priority\n/var/swap file 524284 0 -2\n/dev/zram0 partition 65532 0 5\n",
        "proc/sys/kernel/core_pattern": "|/lib/systemd/systemd-coredump %P\n",
        "proc/sys/kernel/seccomp/actions_avail": "kill_process\n",
        "proc/cgroups": "#subsys_name hierarchy num_cgroups enabled\nmemory 3 60 1\n",
        "sys/fs/cgroup/cgroup.controllers": "cpu memory\n",
        "sys/fs/cgroup/system.slice/binarycop.service/memory.swap.max": "0\n",
        "sys/kernel/kexec_crash_loaded": "0\n",
        "sys/bus/iio/devices/iio:device0/in_temp0_raw": "2640\n",
        "sys/bus/iio/devices/iio:device0/in_temp0_offset": "-2219\n",
        "sys/bus/iio/devices/iio:device0/in_temp0_scale": "123.040771484\n",
        "sys/class/thermal/thermal_zone0/temp": "48000\n",
        "sys/class/gpio/gpiochip906/label": "zynq_gpio\n",
        "var/log/journal/0123/system.journal": "",
        "dev/gpiochip0": "",
        "dev/video1": "",
        "dev/video0": "",
        "dev/v4l/by-id/usb-Camera-video-index0": "",
        "dev/v4l/by-id/usb-Camera-video-index1": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_the_facts_of_a_board_are_read_from_its_files(board: Path) -> None:
    facts = read_machine(board, now_s=12.0)
    assert (facts.os_id, facts.os_version, facts.board, facts.model) == ("ubuntu", "22.04", "Pynq-Z1", "Xilinx Zynq")
    assert facts.memory_mib == 490
    assert facts.swaps == (Swap("/var/swap", 511, True), Swap("/dev/zram0", 63, False))
    assert facts.temperature_c == pytest.approx(51.8, abs=0.1)
    assert (facts.swaps_off, facts.dumps_kernel, facts.has_seccomp, facts.limits_memory) == (True, False, True, True)
    assert facts.core_pattern == "|/lib/systemd/systemd-coredump"
    assert facts.keeps_journal
    assert facts.chips == ("zynq_gpio",)
    assert facts.cameras == ("/dev/v4l/by-id/usb-Camera-video-index0", "/dev/video0", "/dev/video1")
    assert facts.now_s == 12.0


def test_a_machine_that_says_nothing_is_no_error(tmp_path: Path) -> None:
    facts = read_machine(tmp_path)
    assert (facts.os_name, facts.temperature_c, facts.memory_mib, facts.free_mib) == ("", None, None, None)
    assert all(isinstance(check(facts), Finding) for check in machine.CHECKS)


def test_a_journal_that_a_boot_empties_is_not_kept(board: Path) -> None:
    (board / "var/log/journal/0123/system.journal").unlink()
    assert not read_machine(board).keeps_journal


def test_a_kernel_that_limits_swap_does_so_also_while_the_daemon_is_stopped(board: Path) -> None:
    folder = board / "sys/fs/cgroup/system.slice"
    (folder / "binarycop.service/memory.swap.max").write_text("max\n")
    assert not read_machine(board).swaps_off
    (folder / "binarycop.service/memory.swap.max").unlink()
    assert not read_machine(board).swaps_off
    (folder / "memory.swap.max").write_text("max\n")
    assert read_machine(board).swaps_off
