"""The installer's look at its stick: it takes the files that SHA256SUMS lists, and refuses everything else.

``install --check`` changes nothing, but it needs root. What it finds out about this machine does not matter here.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from deploy.deb import HERE
from tests.patience import PATIENCE_S

DAEMON = HERE.parent / "daemon/binarycop"
GOOD = "ok: it has the files of SHA256SUMS and no other, and each agrees with it"
needs_root = pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("dpkg"), reason="needs root and dpkg")


def sums(stick: Path) -> None:
    subprocess.run([HERE / "stick", "--sums", stick], check=True)


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "a stick"
    for below in ("gate.d", "debs", "bundles/n-cnv"):
        (folder / below).mkdir(parents=True)
    shutil.copy(HERE / "install", folder)
    (folder / "binarycop_1_all.deb").write_bytes(b"no package")
    (folder / "gate.d/40-site.yaml").write_text("gate: {policy: enforce}\n")
    (folder / "bundles/n-cnv/manifest.json").write_text('{"files": {}}')
    sums(folder)
    return folder


def checked(stick: Path, path: str = "") -> str:
    """What ``install --check`` says. path: where it looks for programs first."""
    done = subprocess.run(
        [stick / "install", "--check", "--other-board", "--without-camera"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE_S,
        check=False,
        env={**os.environ, "PATH": f"{path}:{os.environ['PATH']}"},
    )
    assert done.returncode == 1, done.stdout  # there is no package for this machine
    return done.stdout


def about_the_stick(stick: Path, path: str = "") -> str:
    """What it says in its first step."""
    return checked(stick, path).partition("1. the stick\n")[2].partition(" 2. ")[0]


def program(folder: Path, name: str, text: str) -> str:
    """A program that comes before the real one in the path, for ``checked``."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)
    return str(folder)


@needs_root
def test_a_stick_with_only_what_is_listed_is_taken(stick: Path) -> None:
    assert GOOD in about_the_stick(stick)


@needs_root
@pytest.mark.parametrize(
    "name",
    ["gate.d/99-late.yaml", "debs/other_1_all.deb", "binarycop_2_all.deb", "bundles/n-cnv/more", "x", ".hidden", "a b"],
)
def test_a_file_that_was_added_after_the_sums_is_refused(stick: Path, name: str) -> None:
    (stick / name).write_text("gate: {policy: off}\n")
    output = about_the_stick(stick)
    assert f"NOT OK: not in SHA256SUMS: ./{name} - if you added it, run deploy/stick --sums" in output, output
    assert GOOD not in output


@needs_root
def test_after_new_sums_the_added_file_is_taken(stick: Path) -> None:
    (stick / "gate.d/99-late.yaml").write_text("gate: {policy: off}\n")
    sums(stick)
    assert GOOD in about_the_stick(stick)


@needs_root
def test_a_changed_and_a_missing_file_are_refused(stick: Path) -> None:
    (stick / "gate.d/40-site.yaml").write_text("gate: {policy: off}\n")
    differs = f"NOT OK: a file differs from {stick}/SHA256SUMS: "
    assert f"{differs}gate.d/40-site.yaml: FAILED: write the stick again" in about_the_stick(stick)
    (stick / "gate.d/40-site.yaml").unlink()
    assert f"{differs}./gate.d/40-site.yaml is missing: write the stick again" in about_the_stick(stick)


@needs_root
def test_a_board_that_has_no_room_for_the_copy_is_not_told_to_write_the_stick_again(
    stick: Path, tmp_path: Path
) -> None:
    text = 'case $1 in -P) echo "cp: No space left on device" >&2; exit 1 ;; esac; exec /bin/cp "$@"'
    output = about_the_stick(stick, program(tmp_path / "bin", "cp", text))
    assert "NOT OK: a file cannot be copied to /var/tmp/binarycop-install." in output
    assert "No space left on device" in output
    assert "write the stick again" not in output


@needs_root
@pytest.mark.parametrize(
    ("says", "expected"),
    [
        ("E: dpkg was interrupted", "NOT OK: apt refuses to install from the stick: E: dpkg was interrupted"),
        ("Some packages\n binarycop : Depends: python3-yaml but it is not installable", "NOT OK: packages are missing"),
    ],
)
def test_a_refusal_of_apt_is_not_taken_for_a_missing_package(
    stick: Path, tmp_path: Path, says: str, expected: str
) -> None:
    arch = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True).stdout.strip()
    (stick / f"binarycop_1_{arch}.deb").write_bytes(b"no package")
    sums(stick)
    assert expected in about_the_stick(stick, program(tmp_path / "bin", "apt-get", f"echo '{says}'; exit 100"))


@needs_root
def test_a_bundle_may_lack_what_only_a_build_reads_and_nothing_else(stick: Path) -> None:
    for name, file in (("n-cnv", "model.onnx"), ("u-cnv", "weights.npz")):
        (stick / "bundles" / name).mkdir(exist_ok=True)
        (stick / "bundles" / name / "manifest.json").write_text(json.dumps({"files": {file: "0" * 64}}))
    sums(stick)
    lines = [line.strip() for line in checked(stick).splitlines()]
    assert "ok: bundle n-cnv" in lines
    assert any(line.startswith("NOT OK: bundle u-cnv: ") and "weights.npz" in line for line in lines)


@needs_root
def test_what_would_not_be_installed_is_named(stick: Path) -> None:
    for name in ("gate.d/50-night.yml", "gate.d/60-site.YAML", "bundles/u-cnv/u-cnv/manifest.json", "bundles/cnv.zip"):
        (stick / name).parent.mkdir(parents=True, exist_ok=True)
        (stick / name).write_text("x")
    for name in ("README.txt", "bundle/n-cnv/manifest.json", "debs/list"):
        (stick / name).parent.mkdir(parents=True, exist_ok=True)
        (stick / name).write_text("x")
    sums(stick)
    lines = [line.strip() for line in checked(stick).splitlines()]
    only = "is not read: only a file whose name ends with .yaml is"
    assert f"NOT OK: gate.d/50-night.yml {only}" in lines
    assert f"NOT OK: gate.d/60-site.YAML {only}" in lines
    assert "NOT OK: bundles/u-cnv is no bundle: it has no manifest.json" in lines
    assert "NOT OK: bundles/cnv.zip is no bundle: it has no manifest.json" in lines
    assert [line for line in lines if line.startswith("not used")] == [
        "not used: README.txt",
        "not used: bundle",
        "not used: debs/list",
    ]
    assert {"ok: settings 40-site.yaml", "ok: bundle n-cnv"} <= set(lines)


@needs_root
def test_links_and_fifos_are_refused_and_nothing_hangs(stick: Path) -> None:
    for make in (lambda path: path.symlink_to("/etc/shadow"), os.mkfifo):
        odd = stick / "gate.d/50-odd.yaml"
        make(odd)
        output = about_the_stick(stick)
        assert "has something that is neither a file nor a folder: ./gate.d/50-odd.yaml" in output, output
        odd.unlink()


@needs_root
@pytest.mark.parametrize(
    "line",
    [
        "{sum}  ../outside",
        "{sum}  gate.d/../../outside",
        "{sum}  /etc/hostname",
        "{sum} *install",
        "{sum}  a\x1b[2Jb",
        "x",
        "",
    ],
)
def test_a_list_with_another_line_than_the_sum_of_a_plain_name_is_refused(stick: Path, line: str) -> None:
    with (stick / "SHA256SUMS").open("a") as out:
        out.write(line.format(sum="0" * 64) + "\n")
    output = about_the_stick(stick)
    assert "has a line that is not the sum of a file with a plain name" in output, output
    assert "\x1b" not in output


@needs_root
def test_a_stick_without_a_list_is_refused(stick: Path) -> None:
    (stick / "SHA256SUMS").unlink()
    assert "SHA256SUMS is missing" in about_the_stick(stick)
    (stick / "SHA256SUMS").symlink_to("/dev/zero")
    assert "SHA256SUMS is missing" in about_the_stick(stick)


@needs_root
def test_what_windows_puts_on_a_stick_is_left_alone(stick: Path) -> None:
    (stick / "System Volume Information").mkdir()
    (stick / "System Volume Information/IndexerVolumeGuid").write_text("x")
    assert GOOD in about_the_stick(stick)


@needs_root
def test_nothing_is_left_behind(stick: Path, tmp_path: Path) -> None:
    # Its own folder only: another installer on this machine may have one at the same time.
    made = tmp_path / "made"
    about_the_stick(stick, program(tmp_path / "bin", "mktemp", f'/bin/mktemp "$@" | tee -a "{made}"'))
    folders = [Path(line) for line in made.read_text().splitlines()]
    assert [folder.name.partition(".")[0] for folder in folders] == ["binarycop-install"]
    assert not folders[0].exists()


@pytest.fixture
def stick_with_package(stick: Path, tmp_path: Path) -> Path:
    """A stick with a package for this machine that has the program, and needs nothing."""
    arch = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True).stdout.strip()
    tree = tmp_path / "tree"
    shutil.copytree(DAEMON, tree / "usr/lib/binarycop/python/binarycop", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(HERE / "launch/launch.py", tree / "usr/lib/binarycop")
    (tree / "DEBIAN").mkdir()
    fields = f"Package: binarycop\nVersion: 1\nArchitecture: {arch}\nMaintainer: x <x@example.org>\nDescription: x\n"
    (tree / "DEBIAN/control").write_text(fields)
    (stick / "binarycop_1_all.deb").unlink()
    package = stick / f"binarycop_1_{arch}.deb"
    subprocess.run(["dpkg-deb", "-Zgzip", "-z1", "--build", tree, package], check=True, stdout=subprocess.DEVNULL)
    sums(stick)
    return stick


def check_of(stick: Path, *options: str) -> tuple[int, str]:
    """The exit code and the output of ``install --check``."""
    command = [str(stick / "install"), "--check", *options]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE_S, check=False
    )
    return done.returncode, done.stdout


@needs_root
def test_the_machine_is_checked_by_the_doctor_of_the_package(stick_with_package: Path) -> None:
    code, output = check_of(stick_with_package)
    assert code == 1
    assert "FAIL  board and image" in output, output
    # The text is wrapped, as on a terminal.
    assert "(to continue anyway: --other-board)" in " ".join(output.split())
    assert "NOT OK: what FAIL stands before must be right first" in output
    _, output = check_of(stick_with_package, "--other-board", "--without-camera")
    assert "FAIL" not in output, output
    assert "ok    disk" in output
    assert "ok: nothing that prevents the installation" in output


@needs_root
def test_a_package_without_the_program_leaves_the_machine_unchecked(stick_with_package: Path) -> None:
    [package] = stick_with_package.glob("*.deb")
    package.write_bytes(b"no package")
    sums(stick_with_package)
    code, output = check_of(stick_with_package, "--other-board", "--without-camera")
    assert code == 1
    assert "has no usr/lib/binarycop: it is not a package of this program, or is damaged" in output, output


@pytest.mark.parametrize(
    "script", ["install", "stick", "package", "control/postinst", "control/prerm", "control/postrm"]
)
def test_no_script_uses_a_name_in_a_folder_of_everybody_that_can_be_foreseen(script: str) -> None:
    """Somebody could make a link with that name first, and root would write through it."""
    text = (HERE / script).read_text()
    lines = [line for line in text.splitlines() if any(place in line for place in ("/tmp", "/dev/shm", "/var/log"))]
    assert all("mktemp" in line or line.strip().startswith("#") for line in lines), lines


@pytest.mark.parametrize("name", ["gate.d/a b.yaml", "gate.d/a\nb.yaml", ".hidden", "gate.d/a'b.yaml"])
def test_the_sums_are_not_written_for_a_name_that_the_installer_refuses(stick: Path, name: str) -> None:
    (stick / name).write_text("")
    done = subprocess.run([HERE / "stick", "--sums", stick], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "is not a plain file or has no plain name" in done.stderr


def test_the_sums_leave_out_what_windows_puts_on_a_stick(stick: Path) -> None:
    before = (stick / "SHA256SUMS").read_text()
    (stick / "System Volume Information").mkdir()
    (stick / "System Volume Information/IndexerVolumeGuid").write_text("x")
    sums(stick)
    assert (stick / "SHA256SUMS").read_text() == before


def test_the_sums_are_written_for_the_folder_that_the_caller_means(stick: Path) -> None:
    before = (stick / "SHA256SUMS").read_text()
    (stick / "SHA256SUMS").unlink()
    subprocess.run([HERE / "stick", "--sums", "."], check=True, cwd=stick)
    assert (stick / "SHA256SUMS").read_text() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--sums", "nothing"], "nothing is not a stick: it has no install"),
        (["--sums", "."], "is not a stick: it has no install"),
        (["--sums", "a", "b"], "one folder only: "),
        (["--sums"], "name the folder to write to"),
    ],
)
def test_a_wrong_folder_gets_no_sums(tmp_path: Path, arguments: list[str], message: str) -> None:
    (tmp_path / "photo.jpg").write_text("x")
    done = subprocess.run([HERE / "stick", *arguments], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, list(tmp_path.iterdir())) == (1, [tmp_path / "photo.jpg"])
    assert message in done.stderr
