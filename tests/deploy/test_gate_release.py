"""gate-release treats its list as hostile: which files it takes, and that no message has any of their text.

It is built with the sanitizers of address and undefined behaviour, where the compiler has them.
"""

import os
import random
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S

SOURCE = Path(__file__).resolve().parents[2] / "deploy/gate-release/gate-release.c"
SECRET = "root:$6$never-to-be-seen:20000:0:99999:7:::"
MAX_LIST = 4096
NOBODY = 65534
NO_LINE = "there is no such line"
WRONG_FORM = "write LINE=0 or LINE=1"


@pytest.fixture(scope="module")
def helper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("needs a C compiler")
    folder = tmp_path_factory.mktemp("helper")
    folder.chmod(0o755)
    program = folder / "gate-release"
    command = [compiler, "-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-o", str(program), str(SOURCE)]
    sanitized = subprocess.run([*command, "-g", "-fsanitize=address,undefined"], capture_output=True, check=False)
    if sanitized.returncode:
        subprocess.run(command, check=True)
    return program


def release(helper: Path, *arguments: str, user: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run it in a folder without GPIO chips' names of ours. It must end, and a sanitizer must find nothing."""
    done = subprocess.run(
        [helper, *arguments],
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        errors="replace",
        timeout=PATIENCE_S,
        check=False,
        user=user,
        env={"ASAN_OPTIONS": "detect_leaks=0", "UBSAN_OPTIONS": "halt_on_error=1"},
    )
    assert done.returncode in (0, 1, 2), done.stderr
    assert "Sanitizer" not in done.stderr, done.stderr
    assert "runtime error" not in done.stderr, done.stderr
    return done


def refused(helper: Path, file: Path, reason: str) -> None:
    """The list is refused with this reason, in one line that has nothing else but its name."""
    done = release(helper, f"@{file}")
    assert (done.returncode, done.stderr) == (1, f"gate-release: {file}: {reason}\n")
    # An option for absent lists allows nothing else.
    done = release(helper, "--absent-ok", f"@{file}")
    assert (done.returncode, done.stderr) == (1, f"gate-release: {file}: {reason}\n")


def test_a_link_is_refused_and_what_it_leads_to_is_never_shown(helper: Path, tmp_path: Path) -> None:
    (tmp_path / "shadow").write_text(SECRET + "\n")
    (tmp_path / "release").symlink_to(tmp_path / "shadow")
    refused(helper, tmp_path / "release", "is a link")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    refused(helper, tmp_path / "dangling", "is a link")


def test_text_that_is_not_a_list_is_named_by_its_line_number_only(helper: Path, tmp_path: Path) -> None:
    (tmp_path / "release").write_text(f"{SECRET}\nno-such-line=0\n\n{SECRET}=2\n")
    done = release(helper, f"@{tmp_path / 'release'}")
    start = f"gate-release: {tmp_path / 'release'}: line"
    wanted = [
        f"{start} 1: {WRONG_FORM}",
        f"{start} 2: {NO_LINE}",
        f"{start} 3: {WRONG_FORM}",
        f"{start} 4: {WRONG_FORM}",
    ]
    assert (done.returncode, done.stderr.splitlines()) == (1, wanted)


def test_a_fifo_does_not_block_it(helper: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "release")
    refused(helper, tmp_path / "release", "is not a regular file")


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/full", "/dev/tty"])
def test_a_device_is_refused_and_not_read(helper: Path, device: str) -> None:
    done = release(helper, f"@{device}")
    assert done.returncode == 1
    assert done.stderr.startswith(f"gate-release: {device}: "), done.stderr


def test_a_folder_is_refused(helper: Path, tmp_path: Path) -> None:
    refused(helper, tmp_path, "is not a regular file")


def test_a_list_of_more_than_4096_bytes_is_refused(helper: Path, tmp_path: Path) -> None:
    lines = b"a=0\n" * (MAX_LIST // 4)
    (tmp_path / "release").write_bytes(lines)
    assert release(helper, f"@{tmp_path / 'release'}").stderr.count(NO_LINE) == MAX_LIST // 4
    (tmp_path / "release").write_bytes(lines + b"\n")
    refused(helper, tmp_path / "release", "has more than 4096 bytes")


def test_a_list_that_grows_while_it_is_read_is_refused(helper: Path, tmp_path: Path) -> None:
    """The size is counted as it is read, too: /proc has files whose size is given as 0."""
    large = Path("/proc/kallsyms")
    if not large.exists() or len(large.read_bytes()) <= MAX_LIST:
        pytest.skip("needs a large file in /proc")
    refused(helper, large, "has more than 4096 bytes")


def test_a_list_that_others_can_write_is_refused(helper: Path, tmp_path: Path) -> None:
    file = tmp_path / "release"
    file.write_text("")
    for mode in (0o664, 0o646, 0o666):
        file.chmod(mode)
        refused(helper, file, "can be written by other users")
    file.chmod(0o644)
    assert release(helper, f"@{file}").returncode == 0


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that every user may enter; those of pytest belong to its own user."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give a file to somebody else")
def test_root_takes_only_roots_list_and_another_user_also_its_own(helper: Path, public_folder: Path) -> None:
    helper = Path(shutil.copy(helper, public_folder))
    file = public_folder / "release"
    file.write_text("")
    file.chmod(0o644)
    assert release(helper, f"@{file}", user=NOBODY).returncode == 0
    os.chown(file, NOBODY, NOBODY)
    refused(helper, file, "belongs to another user")
    assert release(helper, f"@{file}", user=NOBODY).returncode == 0
    os.chown(file, NOBODY - 1, NOBODY)
    done = release(helper, f"@{file}", user=NOBODY)
    assert (done.returncode, done.stderr) == (1, f"gate-release: {file}: belongs to another user\n")


def test_an_absent_list_is_a_failure_unless_the_caller_allows_it(helper: Path, tmp_path: Path) -> None:
    file = tmp_path / "release"
    done = release(helper, f"@{file}")
    assert (done.returncode, done.stderr) == (1, f"gate-release: {file}: does not exist\n")
    assert release(helper, "--absent-ok", f"@{file}").returncode == 0
    # Only the list itself may be absent, and other arguments must still work.
    assert release(helper, "--absent-ok", f"@{file}/x", f"@{file}", "no-such-line=0").returncode == 1


def test_an_empty_list_drives_nothing_and_is_good(helper: Path, tmp_path: Path) -> None:
    (tmp_path / "release").write_text("")
    assert release(helper, f"@{tmp_path / 'release'}").returncode == 0


@pytest.mark.parametrize(
    "text", [b"a\0=0\n", b"\0\n", b"a=0\0\n", b"a=0\0", b"a" * 127 + b"=0\n", b"=0\n", b"a=\n", b"\n"]
)
def test_bytes_that_are_no_entry_are_refused_by_line(helper: Path, tmp_path: Path, text: bytes) -> None:
    (tmp_path / "release").write_bytes(b"no-such-line=1\n" + text)
    done = release(helper, f"@{tmp_path / 'release'}")
    start = f"gate-release: {tmp_path / 'release'}: line"
    assert done.stderr == f"{start} 1: {NO_LINE}\n{start} 2: {WRONG_FORM}\n"


def test_the_last_line_needs_no_newline(helper: Path, tmp_path: Path) -> None:
    (tmp_path / "release").write_bytes(b"no-such-line=1\nno-such-line=0")
    assert release(helper, f"@{tmp_path / 'release'}").stderr.count(NO_LINE) == 2


@pytest.mark.parametrize(
    "arguments", [(), ("--absent-ok",), ("a",), ("a=2",), ("=0",), ("a" * 200 + "=0",), ("--help",)]
)
def test_wrong_arguments_end_with_2(helper: Path, arguments: tuple[str, ...]) -> None:
    assert release(helper, *arguments).returncode == 2


def test_a_line_that_does_not_exist_ends_with_1(helper: Path) -> None:
    done = release(helper, "no-such-line=0", "no-such-chip:3=1", "no-such-chip:99999999999999999999=1")
    assert (done.returncode, done.stderr.count(NO_LINE)) == (1, 3)


def test_a_list_that_is_exchanged_all_the_time_never_shows_its_target(helper: Path, tmp_path: Path) -> None:
    """The checks are made on the open file, so nobody can exchange it between a check and the reading."""
    target, link, plain = tmp_path / "shadow", tmp_path / "link", tmp_path / "plain"
    target.write_text(SECRET + "\n")
    over = threading.Event()

    def exchange() -> None:
        while not over.is_set():
            link.unlink(missing_ok=True)
            link.symlink_to(target)
            link.replace(tmp_path / "release")
            plain.write_text("")
            plain.replace(tmp_path / "release")

    plain.write_text("")
    plain.rename(tmp_path / "release")
    thread = threading.Thread(target=exchange)
    thread.start()
    try:
        answers = {
            (done.returncode, done.stderr) for done in (release(helper, f"@{tmp_path / 'release'}") for _ in range(60))
        }
    finally:
        over.set()
        thread.join()
    assert answers <= {(0, ""), (1, f"gate-release: {tmp_path / 'release'}: is a link\n")}


def test_random_lists_end_with_messages_that_have_none_of_their_text(helper: Path, tmp_path: Path) -> None:
    chance = random.Random(18)
    pieces = [b"a", b"=", b"0", b"1", b":", b"\n", b"\0", b"\xff", b"zynq_gpio", b"gpiochip0:3", b"9" * 30, b"SECRET"]
    file, lines = tmp_path / "release", list[str]()
    for _ in range(150):
        file.write_bytes(b"".join(chance.choices(pieces, k=chance.randrange(400)))[: MAX_LIST + 1])
        lines += release(helper, f"@{file}").stderr.splitlines()
    of_a_line = rf"line \d+: ({NO_LINE}|{WRONG_FORM}|Permission denied)"
    message = re.compile(rf"gate-release: {re.escape(str(file))}: (has more than {MAX_LIST} bytes|{of_a_line})")
    assert [line for line in lines if not message.fullmatch(line)] == []
    assert any(line.endswith(WRONG_FORM) for line in lines)
