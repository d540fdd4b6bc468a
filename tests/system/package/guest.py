"""The checks inside the booted tree. Each one starts from the state that the one before has left."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

SECOND, THIRD = "90.0.0", "91.0.0"  # newer than any released package or bundle
INSTALL = ("--other-board", "--without-camera")
REPORTS = Path("/reports")
SETTINGS = Path("/etc/binarycop/gate.yaml")
OWN = Path("/etc/binarycop/gate.d/50-own.yaml")
DEMO = Path("/etc/binarycop/gate.d/60-demo.yaml")
BUNDLES = Path("/var/lib/binarycop/bundles")
STEP_LONGEST_S = 400


def call(*command: str, fails: bool = False) -> str:
    """Run a program. Returns its output. Raises AssertionError if it fails, or with ``fails`` if it does not fail."""
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=STEP_LONGEST_S, check=False
    )
    if bool(done.returncode) != fails:
        raise AssertionError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def expect(is_so: bool, what: str) -> None:
    """Raise AssertionError with ``what`` if ``is_so`` is false."""
    if not is_so:
        raise AssertionError(what)


def state() -> str:
    return subprocess.run(
        ["systemctl", "is-active", "binarycop.service"], stdout=subprocess.PIPE, text=True, check=False
    ).stdout.strip()


def status_text() -> str:
    return call("systemctl", "show", "-P", "StatusText", "binarycop.service").strip()


def version() -> str:
    return call("dpkg-query", "-W", "-f", "${Version}", "binarycop")


def in_use(name: str) -> str:
    return str(json.loads((BUNDLES / name / "manifest.json").read_text())["version"])


def a_board_without_a_pynq_image_is_refused_and_nothing_changes() -> str:
    output = call("/sticks/first/install", "--check", fails=True)
    expect("FAIL  board and image Debian GNU/Linux 12" in output, output)
    output = call("/sticks/first/install", fails=True)
    expect("FAIL  cameras         there is no camera" in output and "nothing was changed" in output, output)
    expect(not Path("/usr/bin/binarycop").exists(), "something was installed")
    return output.splitlines()[-1]


def a_stick_with_a_damaged_file_is_refused() -> str:
    output = call("/sticks/damaged/install", *INSTALL, fails=True)
    expect("a file differs from /sticks/damaged/SHA256SUMS" in output, output)
    expect(not Path("/usr/bin/binarycop").exists(), "something was installed")
    return output.splitlines()[-1]


def a_stick_to_which_a_file_was_added_is_refused() -> str:
    for name in ("settings", "package"):
        output = call(f"/sticks/added-{name}/install", *INSTALL, fails=True)
        expect("NOT OK: not in SHA256SUMS: ./" in output and "agrees with" not in output, output)
        expect(not Path("/usr/bin/binarycop").exists(), "something was installed")
    return next(line.strip() for line in output.splitlines() if "not in SHA256SUMS" in line)


def the_installer_follows_no_link_in_tmp() -> str:
    """Anybody can make one, and its log once had a name there that could be foreseen."""
    target = Path("/etc/target-of-a-link")
    target.write_text("untouched")
    Path("/tmp/binarycop-install.log").symlink_to(target)
    expect("ok: it has the files" in call("/sticks/first/install", "--check", *INSTALL), "the stick was refused")
    return "installed below, with the link there"


def one_command_takes_the_board_to_a_working_gate() -> str:
    began_s = time.monotonic()
    output = call("/sticks/first/install", *INSTALL)
    expect(state() == "active", output)
    expect(Path("/etc/systemd/system/multi-user.target.wants/binarycop.service").is_symlink(), "it is not enabled")
    expect(Path("/etc/target-of-a-link").read_text() == "untouched", "a link in /tmp was followed")
    left = [path.name for folder in ("/var/tmp", "/var/log") for path in Path(folder).glob("binarycop-install*")]
    expect(not left, f"these are left: {left}")
    Path("/tmp/binarycop-install.log").unlink()
    Path("/etc/target-of-a-link").unlink()
    return f"{time.monotonic() - began_s:.0f} s\n{output}"


def the_daemon_runs_as_its_own_user_and_reads_the_bundle_store() -> str:
    user = call("systemctl", "show", "-P", "User", "binarycop.service").strip()
    expect(user == "binarycop", f"it runs as {user}")
    found = Path("/run/binarycop/release").lstat()
    expect((found.st_uid, found.st_mode) == (0, 0o100644), f"the list for gate-release: {found}")
    output = call("setpriv", "--reuid=binarycop", "--regid=binarycop", "--clear-groups", "binarycop", "selftest")
    expect("golden vectors reproduced" in output, output)
    return output.strip()


def it_can_be_installed_again_and_the_integrators_settings_stay() -> str:
    SETTINGS.write_text(SETTINGS.read_text().replace("pulse_s: 0.5", "pulse_s: 0.7"))
    OWN.write_text("gate: {remind_s: 6}\n")
    output = call("/sticks/first/install", "--check", "--other-board", "--camera", "/dev/null", fails=True)
    expect("--camera /dev/null would have no effect: /etc/binarycop/gate.d/10-board.yaml exists" in output, output)
    call("systemctl", "disable", "binarycop.service")
    output = call("/sticks/first/install", *INSTALL)
    expect("It does NOT start by itself at a boot" in output, output)
    call("systemctl", "enable", "binarycop.service")
    expect("pulse_s: 0.7" in SETTINGS.read_text(), "gate.yaml was overwritten")
    expect(state() == "active", status_text())
    return status_text()


def a_bundle_is_known_good_after_the_daemon_has_worked_with_it() -> str:
    before = call("binarycop", "bundle", "list")
    expect("on trial" in before and "known good" not in before, before)
    call("systemctl", "start", "binarycop-trial.service")
    expect("known good" not in call("binarycop", "bundle", "list"), "it is known good without a verdict")
    return _work_until_known_good(look_at_timer_s=5)


def _work_until_known_good(look_at_timer_s: float = 0) -> str:
    """The demo's people come to the gate, and timer and unit of the trial run as they are, except for their times."""
    drop_ins = {
        "binarycop-trial.timer": "[Timer]\nOnActiveSec=\nOnActiveSec=1\nOnUnitInactiveSec=2\nAccuracySec=100ms\n",
        "binarycop-trial.service": "[Service]\nExecStart=\nExecStart=/usr/bin/binarycop bundle confirm --after 1\n",
    }
    folders = [Path(f"/run/systemd/system/{unit}.d") for unit in drop_ins]
    for folder, text in zip(folders, drop_ins.values()):
        folder.mkdir()
        (folder / "short.conf").write_text(text)
    DEMO.write_text("frames: {source: demo}\nfaces: {finder: fixed}\n")
    call("systemctl", "daemon-reload")
    call("systemctl", "restart", "binarycop.service")
    end_s = time.monotonic() + 60
    while "in use, known good" not in call("binarycop", "bundle", "list") and time.monotonic() < end_s:
        time.sleep(0.5)
    judged, since = status_text(), time.time()
    # Without a trial the timer must go on calmly: its unit's condition fails each time.
    time.sleep(look_at_timer_s)
    skipped = call("journalctl", "-q", "-o", "cat", "-u", "binarycop-trial.service", "--since", f"@{since:.0f}")
    expect(len(skipped.splitlines()) < 20, f"the timer runs without a pause: {skipped}")
    for folder in folders:
        shutil.rmtree(folder)
    DEMO.unlink()
    call("systemctl", "daemon-reload")
    call("systemctl", "restart", "binarycop.service")
    listed = call("binarycop", "bundle", "list")
    expect("in use, known good" in listed, f"{judged}\n{listed}")
    return f"{judged}\n{listed}"


def an_upgrade_keeps_settings_restarts_the_gate_and_swaps_the_bundle() -> str:
    before, since = version(), call("systemctl", "show", "-P", "MainPID", "binarycop.service")
    output = call("/sticks/second/install", *INSTALL)
    expect(call("dpkg", "--compare-versions", version(), "gt", before) == "", "the version did not rise")
    expect(call("systemctl", "show", "-P", "MainPID", "binarycop.service") != since, "the old process still runs")
    changes = call("binarycop", "check-config", "--changes")
    expect("pulse_s: 0.7" in changes and "remind_s: 6" in changes, changes)
    expect(in_use("n-cnv") == SECOND, f"n-cnv is {in_use('n-cnv')}")
    expect(state() == "active", output)
    expect(Path("/etc/binarycop/gate.yaml.dpkg-dist").exists(), "the package's own gate.yaml is missing next to it")
    return f"{before} to {version()}, n-cnv {in_use('n-cnv')}, settings kept\n{_work_until_known_good()}"


def a_reader_never_sees_a_half_swapped_bundle() -> str:
    """At every moment the link must lead to a bundle that agrees with its manifest."""
    seen, problems, done = set(), [], threading.Event()
    # Both versions are known good, so neither is deleted while the reader has it open.
    versions = [folder.name for folder in (BUNDLES.parent / "versions/n-cnv").iterdir()]
    expect(len(versions) == 2, f"there are not two known good versions: {versions}")

    def read() -> None:
        while not done.is_set():
            try:
                folder = (BUNDLES / "n-cnv").resolve(strict=True)
                for name, digest in json.loads((folder / "manifest.json").read_bytes())["files"].items():
                    if name == "model.onnx":  # only a build reads it, and the package has none
                        continue
                    if hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest:
                        problems.append(f"{name} of {folder} differs")
                seen.add(folder.name)
            except OSError as error:
                problems.append(str(error))

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(6):
        call("binarycop", "bundle", "rollback", "n-cnv")
    done.set()
    reader.join()
    expect(not problems and len(seen) == 2, f"{seen} {problems[:3]}")
    return f"6 swaps, {len(seen)} versions seen, never a damaged one"


def a_bundle_that_fails_its_self_test_is_rolled_back_at_start() -> str:
    call("/sticks/third/install", *INSTALL)
    expect(state() == "active", status_text())
    expect(in_use("n-cnv") == SECOND, f"n-cnv is {in_use('n-cnv')}")
    output = call("binarycop", "events", "--since", "1h")
    expect(f"does not work, rolled back to {SECOND}-" in output and "golden vectors: " in output, output)
    return next(line for line in output.splitlines() if "rolled back" in line)


def the_next_start_uses_the_known_good_bundle_without_a_new_self_test() -> str:
    call("systemctl", "restart", "binarycop.service")
    expect(in_use("n-cnv") == SECOND, f"n-cnv is {in_use('n-cnv')}")
    last = call("journalctl", "-b", "-q", "-o", "cat", "-u", "binarycop-overlay.service", "-g", "binarycop: n-cnv: ")
    expect("is unchanged" in last.splitlines()[-1], last)
    return last.splitlines()[-1]


def journalctl_explains_the_events_from_the_packages_catalog() -> str:
    output = call("journalctl", "-b", "-x", "-q", "-u", "binarycop*", "-n", "90")
    remedies = output.count("Remedy: ")
    expect(remedies > 0, output)
    return f"{remedies} remedies in the last 90 entries"


def manual_pages_and_completion_are_installed() -> str:
    completions = [f"bash-completion/completions/{name}" for name in ("binarycop", "binarycop-bundle")]
    pages = ("man/man1/binarycop.1.gz", "man/man5/gate.yaml.5.gz", "man/man8/binarycop-bundle.8.gz")
    places = (*pages, *completions)
    for place in places:
        expect((Path("/usr/share") / place).exists(), f"{place} is missing")
    return ", ".join(places)


def removal_stops_the_gate_and_keeps_settings_and_bundles() -> str:
    output = call("/sticks/third/install", "--remove")
    expect(state() != "active", "it still runs")
    expect(not Path("/usr/bin/binarycop").exists(), "the program is still there")
    expect(OWN.exists() and SETTINGS.exists() and (BUNDLES / "n-cnv").exists(), "settings or bundles are gone")
    return output.splitlines()[-1]


def a_removed_package_is_installed_again_with_its_settings() -> str:
    call("/sticks/second/install", *INSTALL)
    expect(state() == "active", status_text())
    changes = call("binarycop", "check-config", "--changes")
    expect("pulse_s: 0.7" in changes and "remind_s: 6" in changes, changes)
    return status_text()


def purge_leaves_only_the_user() -> str:
    call("/sticks/second/install", "--purge")
    call("/sticks/second/install", "--purge")
    expect(state() != "active", "it still runs")
    roots = ("/etc", "/usr", "/var/lib", "/lib/systemd", "/run/systemd/system")
    left = call("find", *roots, "-name", "*binarycop*", "-not", "-path", "/var/lib/dpkg/*")
    expect(left == "", f"these are left:\n{left}")
    return call("getent", "passwd", "binarycop").strip()


CHECKS: tuple[Callable[[], str], ...] = (
    a_board_without_a_pynq_image_is_refused_and_nothing_changes,
    a_stick_with_a_damaged_file_is_refused,
    a_stick_to_which_a_file_was_added_is_refused,
    the_installer_follows_no_link_in_tmp,
    one_command_takes_the_board_to_a_working_gate,
    the_daemon_runs_as_its_own_user_and_reads_the_bundle_store,
    it_can_be_installed_again_and_the_integrators_settings_stay,
    a_bundle_is_known_good_after_the_daemon_has_worked_with_it,
    an_upgrade_keeps_settings_restarts_the_gate_and_swaps_the_bundle,
    a_reader_never_sees_a_half_swapped_bundle,
    a_bundle_that_fails_its_self_test_is_rolled_back_at_start,
    the_next_start_uses_the_known_good_bundle_without_a_new_self_test,
    journalctl_explains_the_events_from_the_packages_catalog,
    manual_pages_and_completion_are_installed,
    removal_stops_the_gate_and_keeps_settings_and_bundles,
    a_removed_package_is_installed_again_with_its_settings,
    purge_leaves_only_the_user,
)


def main() -> int:
    """Run all checks. Stop at the first that fails, since the others depend on it."""
    with REPORTS.open("a") as reports:
        for check in CHECKS:
            began_s = time.monotonic()
            try:
                good, detail = True, check()
            except (AssertionError, OSError, subprocess.SubprocessError) as problem:
                good, detail = False, str(problem)
            took_s = round(time.monotonic() - began_s, 1)
            report = {"check": check.__name__.replace("_", " "), "good": good, "took_s": took_s, "detail": detail}
            reports.write(json.dumps(report) + "\n")
            reports.flush()
            os.fsync(reports.fileno())
            if not good:
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
