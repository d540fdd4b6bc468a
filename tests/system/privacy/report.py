"""``make privacy-report``: tests what the daemon does with its pictures, and writes a report.

It needs root, Linux and strace. The exit code is 0 only if the table of rules allows every action, no piece of the
canary was found in a forbidden place, and the counter-tests show that every search can find the canary.
"""

import argparse
import os
import platform
import re
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, time

import cv2
import numpy as np
from numpy.typing import NDArray

import binarycop
from binarycop.bundle import files as bundles
from binarycop.bundle.search import find_bundle
from binarycop.classifier.emulator import Emulator
from binarycop.detection.crop import crop
from binarycop.frames.demo import HEIGHT_PX, WIDTH_PX, Demo
from binarycop.geometry import Box
from binarycop.journal.journal_writer import LEFT_OUT, Limits
from binarycop.settings.faces import FixedRegionSettings
from tests.system.journal_process import JournalProcess, fields_of
from tests.system.privacy import canary
from tests.system.privacy.rules import ROOT, RuleCheck, check, rules
from tests.system.privacy.traced_daemon import Daemon, RunError, write_clip

PICTURES = ROOT.parent / "shared" / "data"
FOLDERS = ("/tmp", "/var", "/run", "/dev/shm", "/home", "/root")
_RATE_HZ = 20.0
_MARGIN = 1.2  # for the frames that a busy machine drops
_LONGEST_S = 420.0
_EMPTY_FRAMES, _CANARY_FRAMES = 10, 150
_MAX_FILE_BYTES = 1 << 28
_PIECE_BYTES = 470  # as much as one text of an entry may have
_NUMBER = re.compile(r"-?\d+")


@dataclass(frozen=True)
class Claim:
    """A claim that was tested. detail: what was searched, and what was found."""

    claim: str
    holds: bool
    detail: str


class Report:
    """Tests one claim after the other, each in a folder of its own."""

    def __init__(self, work: Path, frames: int, finder: str) -> None:
        self._work, self._frames, self._finder = work, frames, finder
        self._began_s = time()
        self.claims: list[Claim] = []
        self.rule_check: RuleCheck | None = None
        self.pictures = ""
        still = canary.draw(WIDTH_PX, HEIGHT_PX)
        clip = self._folder("canary") / "canary.avi"
        write_clip(clip, _show(still), _RATE_HZ)
        decoded = _decode(clip)[-1]
        self._clip, self._crop = clip, _crop(decoded)
        self._scores = _scores(self._crop)
        compressed = clip.read_bytes().split(b"\xff\xd8")[-1]
        self._pieces = canary.probes([still, decoded], [self._crop], [compressed])
        self._search = canary.Search(self._pieces)

    def run(self) -> None:
        """Test all claims. Raises RunError."""
        self._trace()
        self._search_its_output()
        self._give_the_writer_everything()
        self._abort()
        self._damage_the_recording()
        self._search_files()
        self._run_counter_tests()

    def _trace(self) -> None:
        folder = self._folder("trace")
        clip = folder / "people.avi"
        self.pictures, pictures = _people(round(self._frames * _MARGIN))
        write_clip(clip, pictures, _RATE_HZ)
        with Daemon(folder, clip, self._finder, traced=True) as daemon:
            code = daemon.wait(_LONGEST_S)
            text = daemon.text()
        if code:
            raise RunError(f"the daemon ended with {code}:\n{text}")
        counts = re.findall(r"^BINARYCOP_(CAPTURED|DROPPED|PERSONS)=(\d+)$", text, re.MULTILINE)
        numbers = {name.lower(): int(count) for name, count in counts}
        detector = next(iter(re.findall(r"detector \w+", text)), "no detector")
        processed = numbers["captured"] - numbers["dropped"]
        self.rule_check = check(daemon.actions(), rules(folder, clip))
        self._add(
            f"The daemon processes {self._frames} frames or more, and ends with exit code 0",
            processed >= self._frames,
            f"{processed} of {numbers['captured']} frames ({self.pictures}), {numbers['persons']} persons, {detector}",
        )
        count = sum(self.rule_check.unlisted.values())
        self._add(
            "Everything that it does is in the table of rules",
            not self.rule_check.unlisted,
            f"{sum(sum(actions.values()) for _, actions in self.rule_check.rows)} actions allowed, "
            f"{count} not in the table",
        )

    def _search_its_output(self) -> None:
        folder = self._folder("words")
        with Daemon(folder, self._clip, "fixed") as daemon:
            daemon.wait_for("in front", 60)
            self._read_as_same_user(daemon.pid)
            daemon.wait(_LONGEST_S)
            text, answers = daemon.text(), sum('"front":{' in answer for answer in daemon.answers)
        found = self._search.of(text.encode())
        self._add(
            "Nothing of the canary is in what it writes (journal, output, messages to the service manager, its status)",
            not found and "in front" in text and answers > 0,
            f"{len(text.splitlines())} lines, {answers} of them answers on the socket of its status, "
            f"{len(self._pieces)} pieces; found {_count(found)}",
        )
        lines = lines_with(text, self._scores)
        self._add(
            "No line has a person's four scores",
            not lines,
            f"the canary's scores, as the classifier gives them, in none of {len(text.splitlines())} lines"
            if not lines
            else f"in: {lines[0]}",
        )

    def _give_the_writer_everything(self) -> None:
        """As a daemon that was taken over: each form of the canary's crop, as it is and in entries of the table."""
        writer, forms = JournalProcess(self._folder("hostile"), "root", dict(os.environ)), canary.forms(self._crop)
        begun_s = monotonic()
        writer.start()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            for form in forms:
                for start in range(0, len(form), _PIECE_BYTES):
                    piece = form[start : start + _PIECE_BYTES]
                    for datagram in (piece, form[:100_000], b"event=fault\ngate=\nreason=" + piece):
                        sender.sendto(datagram, str(writer.address))
        writer.stop()
        writer.close()
        texts = [fields_of(datagram).get("BINARYCOP_REASON", "") for datagram in writer.datagrams]
        text_bytes = sum(len(text.encode()) for text in texts if text != LEFT_OUT)
        others = b"\n".join(entry for entry in writer.datagrams if b"BINARYCOP_REASON" not in entry)
        found = self._search.of(others)
        limits = Limits()
        most = limits.text_bytes + limits.text_bytes_per_s * (monotonic() - begun_s)
        self._add(
            "A daemon that was taken over gets no more of the canary into the journal than the writer's limit",
            0 < text_bytes <= most and not found,
            f"{len(forms)} forms, {sum(map(len, forms))} bytes: {text_bytes} bytes came through, as text of entries "
            f"that the table allows; at most {most:.0f} may; found in other entries {_count(found)}",
        )

    def _read_as_same_user(self, pid: int) -> None:
        """Read as another process of the daemon's own user; root could read everything."""
        attempts = []
        for name in ("mem", "maps", "environ", "fd"):
            command = f"ls /proc/{pid}/fd/" if name == "fd" else f"head -c1 /proc/{pid}/{name}"
            attempts.append((name, _refused(command)))
        self._add(
            "Another process of the daemon's own user cannot read its memory or trace it",
            all(refused for _, refused in attempts),
            ", ".join(f"/proc/PID/{name} {'refused' if refused else 'READ'}" for name, refused in attempts),
        )

    def _abort(self) -> None:
        folder = self._folder("abort")
        with Daemon(folder, self._clip, "fixed") as daemon:
            daemon.wait_for("in front", 60)
            daemon.signal(signal.SIGABRT)
            code = daemon.wait(60)
        left = list(daemon.core_folder.iterdir())
        self._add(
            "SIGABRT leaves no core dump, though the limit allows one",
            code == -signal.SIGABRT and not left,
            f"ended by signal {-code}; files left: {len(left)}",
        )

    def _damage_the_recording(self) -> None:
        folder = self._folder("decoder")
        broken = folder / "broken.avi"
        data = bytearray(self._clip.read_bytes())
        half, end = len(data) // 2, len(data) * 3 // 4
        rng = np.random.default_rng(5)
        # The first frames stay intact, so that the canary is in memory when the garbage comes.
        data[half : half + 60_000] = rng.bytes(60_000)
        broken.write_bytes(data[:end])
        broken.chmod(0o644)
        with Daemon(folder, broken, "fixed") as daemon:
            code = daemon.wait(_LONGEST_S)
            text = daemon.text()
        found = self._search.of(text.encode())
        faults = [line for line in text.splitlines() if re.search("decode|truncated", line)]
        self._add(
            "A decoder's error (garbage, then a truncated file) shows nothing of the picture",
            code == 0 and bool(faults) and not found,
            f"{len(faults)} lines about it; found {_count(found)}",
        )

    def _search_files(self) -> None:
        files, size, found, unread = 0, 0, [], 0
        for file in self._changed():
            try:
                found += [f"{file}: {name}" for name in self._search.of_file(file)]
                files, size = files + 1, size + file.stat().st_size
            except OSError:
                unread += 1  # deleted meanwhile
        self._add(
            "No file that has changed since the start has a piece of the canary",
            not found,
            f"{files} files, {size >> 20} MiB, in {', '.join(FOLDERS)} ({unread} deleted meanwhile); "
            f"found {_count(found)}",
        )

    def _run_counter_tests(self) -> None:
        folder = self._folder("unsealed")
        with Daemon(folder, self._clip, "fixed", hardened=False) as daemon:
            daemon.wait_for("in front", 60)
            readable = not _refused(f"head -c1 /proc/{daemon.pid}/environ")
            daemon.signal(signal.SIGSTOP)
            in_memory = self._search.of_memory(daemon.pid)
            daemon.signal(signal.SIGABRT)
            daemon.signal(signal.SIGCONT)
            daemon.wait(60)
        self._add(
            "Counter-test: without its hardening its own user can read it, and its memory has the canary",
            readable and bool(in_memory),
            f"/proc/PID {'read' if readable else 'refused'}; found {_count(in_memory)} (the search can find it)",
        )
        pattern = Path("/proc/sys/kernel/core_pattern").read_text().strip()
        cores = list(daemon.core_folder.iterdir())
        in_core = [name for core in cores for name in self._search.of_file(core)]
        if pattern.startswith(("|", "/")):
            self._add(
                "Counter-test: a core dump", True, f"not made: this kernel passes core dumps to {pattern.split()[0]}"
            )
        else:
            self._add(
                "Counter-test: without its hardening SIGABRT leaves a core dump, and it has the canary",
                bool(in_core),
                f"core dumps: {len(cores)}; found {_count(in_core)}",
            )
        planted = Path(tempfile.mkdtemp(prefix="planted-", dir="/var/tmp")) / "crop"
        planted.write_bytes(b"x" * 1001 + self._crop.tobytes())
        try:
            seen = planted in set(self._changed()) and bool(self._search.of_file(planted))
        finally:
            shutil.rmtree(planted.parent)
        self._add("Counter-test: a crop that is written into a file is found there", seen, "one crop, in /var/tmp")

    def _changed(self) -> Iterator[Path]:
        """The files in FOLDERS that have changed since the start, except the clips that are the input."""
        for top in FOLDERS:
            for folder, below, names in os.walk(top):
                below[:] = [name for name in below if not os.path.ismount(Path(folder) / name)]
                for file in (Path(folder) / name for name in names):
                    if file.suffix == ".avi" and self._work in file.parents:
                        continue
                    try:
                        state = file.lstat()
                    except OSError:
                        continue
                    is_new = max(state.st_mtime, state.st_ctime) >= self._began_s
                    if is_new and file.is_file() and not file.is_symlink() and state.st_size <= _MAX_FILE_BYTES:
                        yield file

    def _folder(self, name: str) -> Path:
        folder = self._work / name
        folder.mkdir()
        return folder

    def _add(self, claim: str, holds: bool, detail: str) -> None:
        self.claims.append(Claim(claim, holds, detail))
        print(f"{'good' if holds else 'BAD '} {claim}: {detail}", flush=True)


def lines_with(text: str, scores: list[int]) -> list[str]:
    """The lines that contain all these numbers."""
    wanted = {str(score) for score in scores}
    return [line for line in text.splitlines() if wanted <= set(_NUMBER.findall(line))]


def _people(count: int) -> tuple[str, Iterator[NDArray[np.uint8]]]:
    """What the people are, and so many frames: photographs next to the checkout, or the demo's drawn people."""
    photographs = sorted(PICTURES.glob("real_photos/*/*/*.[jp][pn]g")) or sorted(PICTURES.glob("masked/*/*.[jp][pn]g"))
    if not photographs:
        return "drawn people", _repeat(_demo, count)
    return f"{len(photographs)} photographs", _repeat(lambda: _photographs(photographs), count)


def _photographs(files: list[Path]) -> Iterator[NDArray[np.uint8]]:
    """Show each photograph for a second in front of a grey wall, then the wall, so that people come and go."""
    for file in files:
        picture = cv2.imread(str(file))
        if picture is None:
            continue
        scale = min(WIDTH_PX / picture.shape[1], HEIGHT_PX / picture.shape[0])
        small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)[:HEIGHT_PX, :WIDTH_PX]
        frame = np.full((HEIGHT_PX, WIDTH_PX, 3), 120, np.uint8)
        yield from [frame.copy()] * 10
        left = (WIDTH_PX - small.shape[1]) // 2
        frame[: small.shape[0], left : left + small.shape[1]] = small
        yield from [frame] * int(_RATE_HZ)


def _demo() -> Iterator[NDArray[np.uint8]]:
    demo = Demo()
    while (frame := demo.read()) is not None:
        yield frame.pixels


def _repeat(make: Callable[[], Iterator[NDArray[np.uint8]]], count: int) -> Iterator[NDArray[np.uint8]]:
    done = 0
    while done < count:
        for frame in make():
            yield frame
            done += 1
            if done == count:
                return


def _show(still: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    """An empty region, then the canary with a corner that changes, so that the picture does not count as frozen."""
    for _ in range(_EMPTY_FRAMES):
        yield np.full_like(still, 128)
    for number in range(_CANARY_FRAMES):
        frame = still.copy()
        frame[-8:, -8:] = number % 2 * 200
        yield frame


def _decode(clip: Path) -> list[NDArray[np.uint8]]:
    capture = cv2.VideoCapture(str(clip))
    frames: list[NDArray[np.uint8]] = []
    while True:
        done, frame = capture.read()
        if not done:
            return frames
        frames.append(np.asarray(frame, np.uint8))


def _crop(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The crop that the daemon gives its classifier for a person in the fixed region."""
    spot, (height, width) = FixedRegionSettings(), frame.shape[:2]
    box = Box(spot.left * width, spot.top * height, spot.width * width, spot.height * height)
    return crop(frame, box, bundles.load(find_bundle("n-cnv")).manifest.crop)


def _scores(crop_rgb: NDArray[np.uint8]) -> list[int]:
    scores: list[int] = Emulator(bundles.load(find_bundle("n-cnv"))).scores(crop_rgb[np.newaxis])[0].tolist()
    return scores


def _refused(command: str) -> bool:
    as_user = "setpriv --reuid=nobody --regid=nogroup --clear-groups"
    return os.system(f"{as_user} {command} >/dev/null 2>&1") != 0


def _count(found: list[str]) -> str:
    return f"{len(found)}" + (f", first {found[0]}" if found else "")


def write(report: Report, file: Path) -> None:
    """Write the report as Markdown."""
    result = report.rule_check
    versions = f"Python {platform.python_version()}, OpenCV {cv2.__version__}"
    lines = [
        "# What the gate does with its pictures",
        "",
        f"BinaryCoP gate controller {binarycop.__version__}, its daemon on {platform.system()} {platform.machine()}, "
        f"{versions}. `make privacy-report` made this page; anybody can run it again.",
        "",
        "The canary is a random texture in front of the gate, instead of a person. The test searches for pieces of it "
        "as a frame, as the 32×32 crop, and scaled; raw, as PNG and JPEG, and, if small, as text.",
        "",
        "| | claim | searched and found |",
        "|---|---|---|",
    ]
    lines += [f"| {'yes' if claim.holds else '**NO**'} | {claim.claim} | {claim.detail} |" for claim in report.claims]
    lines += ["", "## Everything that the daemon did", ""]
    lines += [f"Every opened file, write, socket, shared mapping, process and renaming ({report.pictures}).", ""]
    if result is not None:
        lines += ["| what | how often | why it is allowed |", "|---|---|---|"]
        lines += [f"| {rule.what} | {sum(actions.values())} | {rule.why} |" for rule, actions in result.rows]
        lines += [f"| **not in the table** | {sum(result.unlisted.values())} | |", "", "In detail:", ""]
        for rule, actions in (*result.rows, (None, result.unlisted)):
            lines += [f"### {rule.what if rule else 'not in the table'}", ""]
            lines += [
                f"- {count} × `{action}`" for action, count in sorted(actions.items(), key=lambda item: str(item[0]))
            ] or ["none"]
            lines += [""]
    lines += [
        "## What this does not show",
        "",
        "- A clip was used instead of a camera, and mock lines. No board was available, so neither the FPGA's memory",
        "  nor a camera's driver was searched. Only its maker knows what a camera itself stores.",
        "- The search finds only the forms that it knows. The table shows that there is no file in which a picture",
        "  could be left in another form.",
        "- The journal has class, margin, votes, times, and the mean size and light of the face of each person: data",
        "  on behaviour, without a name.",
        "- Root can read everything: docs/threat-model.md.",
        "",
    ]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines), encoding="utf-8")


def main() -> int:
    """Test all claims, and write the report."""
    parser = argparse.ArgumentParser(prog="privacy-report")
    parser.add_argument("--frames", type=int, default=1000)
    parser.add_argument("--finder", default="auto", help="the detector for the photographs, as in faces.finder")
    parser.add_argument("--out", type=Path, default=ROOT / "build/privacy-report.md")
    options = parser.parse_args()
    if os.geteuid() != 0 or shutil.which("strace") is None:
        print("privacy-report: root and strace are needed (Debian's package strace)", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(
        prefix="privacy-", dir="/var/tmp"
    ) as name:  # in one of FOLDERS, so it is searched too
        try:
            report = Report(Path(name), options.frames, options.finder)
            os.chmod(name, 0o755)
            report.run()
        except RunError as error:
            print(f"privacy-report: {error}", file=sys.stderr)
            return 1
        write(report, options.out)
    print(f"privacy-report: {options.out}")
    return 0 if all(claim.holds for claim in report.claims) else 1


if __name__ == "__main__":
    sys.exit(main())
