"""The checks that root runs inside the machine after each boot. The kernel's command line says which boot it is."""

import os
import re
import signal
import sys
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from time import monotonic, sleep

from tests.system.guest import UNIT, carry_out, events, is_ready, logged, run, shown, wait_for

BOOT = "binarycop_trial="
REPORTS = Path("/dev/ttyS1")
NOTES = Path("/run/relay")
MARK = Path("/run/people")
LONGEST_S = 600.0
PULSE_S = 0.5
WATCHDOG_S = 8.0
OWN = Path("/etc/binarycop/gate.d/50-trial.yaml")


def relay() -> list[tuple[float, bool]]:
    """The recorded changes of the relay's line: the monotonic time and the level."""
    lines = [line.split() for line in NOTES.read_text().splitlines(keepends=True) if line.endswith("\n")]
    return [(float(at), level == "1") for at, level in lines]


def pulses() -> list[tuple[float, float]]:
    """When the relay was switched on, and for how long; a pulse that has not ended is left out."""
    changes = relay()
    return [(on, off - on) for (on, level), (off, _) in pairwise(changes) if level]


def permitted_at_s() -> list[float]:
    """When the journal received each permission of this boot, on the monotonic clock."""
    return [int(entry["__MONOTONIC_TIMESTAMP"]) / 1e6 for entry in logged("permit")]


def _more_than(count: int, name: str) -> bool:
    return len(logged(name)) > count


def power_on_to_a_pulse_unattended() -> str:
    wait_for("the first permission", lambda: logged("permit"), LONGEST_S)
    wait_for("the relay", pulses)
    ready_s = int(shown("ActiveEnterTimestampMonotonic")) / 1e6
    permit_s, (pulse_s, length_s) = permitted_at_s()[0], pulses()[0]
    permit = logged("permit")[0]
    assert permit["BINARYCOP_CLASS"] == "correct", permit
    assert permit["BINARYCOP_CAUSE"] == "verdict", permit
    assert abs(pulse_s - permit_s) < 1.0, (pulse_s, permit_s)
    assert PULSE_S * 0.8 < length_s < PULSE_S * 2, length_s
    systemd_s = int(run("systemctl", "show", "--value", "-p", "UserspaceTimestampMonotonic")) / 1e6
    return (
        f"after the kernel's start: systemd {systemd_s:.1f} s, ready {ready_s:.1f} s, "
        f"first permission {permit_s:.1f} s "
        f"({permit['BINARYCOP_LATENCY_MS']} ms from capture to lines), relay on {pulse_s:.1f} s for {length_s:.2f} s\n"
        f"{run('systemd-analyze')}{run('systemd-analyze', 'critical-chain', '--no-pager', UNIT)}"
    )


def is_nose(event: dict[str, str]) -> bool:
    """Whether the event is about the class ``nose``."""
    return event["BINARYCOP_CLASS"] == "nose"


def _nose_refusals() -> list[dict[str, str]]:
    return [entry for entry in logged("refuse") if is_nose(entry)]


def a_bare_nose_is_refused_and_the_relay_stays_off() -> str:
    # A slow machine gets few frames of each person, and may be undecided about the first one.
    refusal = wait_for("a bare nose's refusal", _nose_refusals, LONGEST_S)[0]
    # Each pulse has its permission, and each permission is for a mask that is worn correctly.
    given = permitted_at_s()
    for on_s, _ in pulses():
        assert any(abs(on_s - permit_s) < 1.0 for permit_s in given), (on_s, given)
    assert {entry["BINARYCOP_CLASS"] for entry in logged("permit")} == {"correct"}
    votes, frames, margin = (refusal[f"BINARYCOP_{name}"] for name in ("VOTES", "FRAMES", "MARGIN"))
    return f"{votes} of {frames} frames, margin {margin}; {len(pulses())} pulses so far"


def udev_names_camera_and_chip() -> str:
    camera, chip = Path("/dev/binarycop/camera"), Path("/dev/binarycop/gpio")
    by_port = sorted(path.name for path in camera.parent.glob("camera-*"))
    assert camera.resolve() == Path("/dev/video0"), camera.resolve()
    assert by_port == ["camera-platform-vivid.0"], by_port
    assert chip.resolve().name.startswith("gpiochip"), chip.resolve()
    assert (chip.resolve().group(), chip.resolve().stat().st_mode & 0o777) == ("gpio", 0o660)
    assert camera.resolve().group() == "video"
    return f"{camera} -> {camera.resolve()}, {by_port[0]}, {chip} -> {chip.resolve()}, group gpio"


def the_sandbox_holds_the_daemon() -> str:
    status = Path(f"/proc/{shown('MainPID')}/status").read_text()
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert (fields["CapEff"], fields["NoNewPrivs"], fields["Seccomp"]) == ("0000000000000000", "1", "2"), fields
    owner = Path(f"/proc/{shown('MainPID')}").owner()
    assert owner == "binarycop", owner
    return f"as {owner}, no capability, no new privileges, seccomp; RSS {fields['VmRSS'].strip()}"


def settings_are_read_again_while_a_camera_runs() -> str:
    pid = shown("MainPID")
    for number in range(5):
        OWN.write_text(f"gate: {{remind_s: {4 + number}}}\n")
        run("systemctl", "reload", UNIT)
        wait_for("the event", partial(_more_than, number, "reloaded"))
    assert shown("MainPID") == pid
    assert logged("fault") == [], logged("fault")
    return f"{number + 1} reloads in the same process, no fault"


def a_hang_with_the_relay_on_ends_with_the_relay_off() -> str:
    pid, since_s = int(shown("MainPID")), monotonic()
    # Wait for the start of a pulse: one that is on already could end too soon.
    wait_for("the relay", lambda: relay()[-1][1] and relay()[-1][0] > since_s, LONGEST_S)
    os.kill(pid, signal.SIGSTOP)
    begun_s = monotonic()
    MARK.unlink()  # the detector ``fixed`` learns the empty region from its first picture
    sleep(PULSE_S * 4)
    assert relay()[-1][1], "the relay went off by itself: the daemon was stopped too late"
    wait_for("the relay off", lambda: not relay()[-1][1])
    relay_off_s = relay()[-1][0] - begun_s
    wait_for("the next one", lambda: shown("MainPID") not in ("0", str(pid)) and is_ready())
    ready_s = monotonic() - begun_s
    MARK.touch()
    count = len(permitted_at_s())
    wait_for("a permission by the next one", lambda: len(permitted_at_s()) > count, LONGEST_S)
    again_s = permitted_at_s()[-1] - begun_s
    assert WATCHDOG_S * 0.5 < relay_off_s < WATCHDOG_S + 4, relay_off_s
    return (
        f"relay off {relay_off_s:.2f} s, ready again {ready_s:.1f} s, "
        f"next permission {again_s:.1f} s after the stop (WatchdogSec=8)"
    )


def kill_9_and_then_wrong_settings_end_with_the_relay_off() -> str:
    """The exit code 3 prevents a restart. It must not prevent that the relay is switched off, by the list of before."""
    # A longer pulse: on a busy machine the kill would come after one of half a second.
    OWN.write_text("gate: {pulse_s: 4}\n")
    before = len(logged("reloaded"))
    run("systemctl", "reload", UNIT)
    wait_for("the event", partial(_more_than, before, "reloaded"))
    since_s = monotonic()
    wait_for("the relay", lambda: relay()[-1][1] and relay()[-1][0] > since_s, LONGEST_S)
    OWN.write_text("gate: {pulse: 1}\n")
    os.kill(int(shown("MainPID")), signal.SIGKILL)
    begun_s = monotonic()
    MARK.unlink()
    wait_for("the relay off", lambda: not relay()[-1][1])
    off_s = relay()[-1][0] - begun_s
    assert off_s > 0, "the relay went off by itself: the daemon was killed too late"
    degraded = "binarycop-degraded.service"
    wait_for("the degraded state", lambda: shown("ActiveState", degraded) == "active", LONGEST_S)
    assert (shown("ExecMainStatus"), shown("ActiveState", "binarycop-retry.timer")) == ("3", "active")
    # The relay is switched on by hand here; the next start fails, too, and must switch it off again.
    run("/usr/lib/binarycop/gate-release", "gate-relay=1")
    wait_for("the relay on", lambda: relay()[-1][1])
    run("systemctl", "start", "--no-block", UNIT)
    wait_for("the relay off again", lambda: not relay()[-1][1], LONGEST_S)
    wait_for("the degraded state", lambda: shown("ActiveState", degraded) == "active", LONGEST_S)
    assert shown("ExecMainStatus") == "3"
    OWN.unlink()
    run("systemctl", "start", "--no-block", UNIT)
    wait_for("ready", is_ready, LONGEST_S)
    MARK.touch()
    count = len(permitted_at_s())
    wait_for("a permission", lambda: len(permitted_at_s()) > count, LONGEST_S)
    return f"relay off {off_s:.2f} s after kill -9; off again after a start with exit code 3; then a permission"


def the_log_is_read_over_both_boots() -> str:
    found = events()
    boots = list(dict.fromkeys(event["boot"] for event in found))
    assert len(boots) == 2, boots
    for boot in boots:
        assert {"ready", "permit", "refuse"} <= {event["event"] for event in found if event["boot"] == boot}, boot
    page = run("journalctl", "-q", "-x", "-u", "binarycop*", "-b", "-1", "-o", "short-monotonic")
    assert "Subject: The gate's permission was given" in page
    assert "Subject: The gate's permission was refused" in page
    entries = re.split(r"(?=^\[)", page, flags=re.MULTILINE)
    wanted = re.compile(r"permission given|refused|Watchdog|ready: |started: ")
    shown_entries = [entry for entry in entries if wanted.search(entry)]
    whole = run("binarycop", "events").splitlines()
    parts = [start for start, line in enumerate(whole) if line.startswith("-- boot")]
    listed = [*whole[: parts[0] + 16], "...", *whole[parts[1] : parts[1] + 12]]
    return "\n".join(["binarycop events:", *listed, "", "journalctl -x:", "".join(shown_entries[:5])])


CHECKS: dict[str, tuple[Callable[[], str], ...]] = {
    "first": (
        power_on_to_a_pulse_unattended,
        a_bare_nose_is_refused_and_the_relay_stays_off,
        udev_names_camera_and_chip,
        the_sandbox_holds_the_daemon,
        settings_are_read_again_while_a_camera_runs,
        a_hang_with_the_relay_on_ends_with_the_relay_off,
        kill_9_and_then_wrong_settings_end_with_the_relay_off,
    ),
    "second": (
        power_on_to_a_pulse_unattended,
        a_bare_nose_is_refused_and_the_relay_stays_off,
        the_log_is_read_over_both_boots,
    ),
}


def main() -> int:
    """Run all checks of this boot. The exit code is always 0, since the reports have the results."""
    [boot] = [word for word in Path("/proc/cmdline").read_text().split() if word.startswith(BOOT)]
    carry_out(CHECKS[boot.removeprefix(BOOT)], REPORTS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
