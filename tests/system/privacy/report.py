"""``make privacy-report``: what the daemon does with the pictures that it sees, tried, and written for people to judge.

Root, on Linux with strace. Exit code 0 only if everything that was done is allowed, nothing of the canary was found
where it must not be, and every search was seen to find what it looks for.
"""

import argparse
import os
import platform
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import time

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
from binarycop.settings.faces import FixedRegionSettings
from tests.system.privacy import canary
from tests.system.privacy.rules import ROOT, Verdict, judge, rules
from tests.system.privacy.trial import Daemon, TrialError, write_clip

PICTURES = ROOT.parent / "shared" / "data"
PLACES = ("/tmp", "/var", "/run", "/dev/shm", "/home", "/root")
_RATE_HZ = 20.0
_SPARE = 1.2  # frames that a busy machine drops
_LONGEST_S = 420.0
_EMPTY_FRAMES, _CANARY_FRAMES = 10, 150
_FILE_MOST = 1 << 28
_NUMBER = re.compile(r"-?\d+")


@dataclass(frozen=True)
class GateStatus:
    """One claim that was tried. detail: what was looked at, and what was found."""

    claim: str
    is_good: bool
    detail: str


class Report:
    """Tries one claim after the other in a folder of its own."""

    def __init__(self, work: Path, frames: int, finder: str) -> None:
        self._work, self._frames, self._finder = work, frames, finder
        self._began_s = time()
        self.findings: list[GateStatus] = []
        self.verdict: Verdict | None = None
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
        """All of it. Raises TrialError."""
        self._trace()
        self._look_at_its_words()
        self._abort_it()
        self._break_its_decoder()
        self._search_the_files()
        self._show_that_the_search_can_fail()

    def _trace(self) -> None:
        folder = self._folder("trace")
        clip = folder / "people.avi"
        self.pictures, pictures = _people(round(self._frames * _SPARE))
        write_clip(clip, pictures, _RATE_HZ)
        with Daemon(folder, clip, self._finder, traced=True) as daemon:
            code = daemon.wait(_LONGEST_S)
            text = daemon.text()
        if code:
            raise TrialError(f"the daemon ended with {code}:\n{text}")
        numbers = {word: int(count) for count, word in re.findall(r"(\d+) (captured|dropped|persons)", text)}
        finder = next(iter(re.findall(r"finder \w+", text)), "no finder")
        looked_at = numbers["captured"] - numbers["dropped"]
        self.verdict = judge(daemon.acts(), rules(folder, clip))
        self._say(
            f"The daemon looks at {self._frames} frames or more, and ends well",
            looked_at >= self._frames,
            f"{looked_at} of {numbers['captured']} frames ({self.pictures}), {numbers['persons']} persons, {finder}",
        )
        count = sum(self.verdict.unlisted.values())
        self._say(
            "Everything that it does is in the table",
            not self.verdict.unlisted,
            f"{sum(sum(acts.values()) for _, acts in self.verdict.rows)} acts allowed, {count} not in the table",
        )

    def _look_at_its_words(self) -> None:
        folder = self._folder("words")
        with Daemon(folder, self._clip, "fixed") as daemon:
            daemon.wait_for("in front", 60)
            self._try_to_read(daemon.pid)
            daemon.wait(_LONGEST_S)
            text = daemon.text()
        found = self._search.of(text.encode())
        self._say(
            "Nothing of the canary is in its words (journal, summary, what the service manager is told)",
            not found and "in front" in text,
            f"{len(text.splitlines())} lines, {len(self._pieces)} pieces; found {_count(found)}",
        )
        lines = lines_with(text, self._scores)
        self._say(
            "No line has a person's four scores",
            not lines,
            f"the canary's scores, as the classifier gives them, in none of {len(text.splitlines())} lines"
            if not lines
            else f"in: {lines[0]}",
        )

    def _try_to_read(self, pid: int) -> None:
        """Another process of the daemon's own user: root reads everything."""
        told = []
        for name in ("mem", "maps", "environ", "fd"):
            command = f"ls /proc/{pid}/fd/" if name == "fd" else f"head -c1 /proc/{pid}/{name}"
            told.append((name, _refused(command)))
        self._say(
            "Another process of the daemon's own user cannot read its memory, nor trace it",
            all(refused for _, refused in told),
            ", ".join(f"/proc/PID/{name} {'refused' if refused else 'READ'}" for name, refused in told),
        )

    def _abort_it(self) -> None:
        folder = self._folder("abort")
        with Daemon(folder, self._clip, "fixed") as daemon:
            daemon.wait_for("in front", 60)
            daemon.signal(signal.SIGABRT)
            code = daemon.wait(60)
        left = list(daemon.left.iterdir())
        self._say(
            "SIGABRT leaves no core, though the limit allows one",
            code == -signal.SIGABRT and not left,
            f"ended by signal {-code}; files left: {len(left)}",
        )

    def _break_its_decoder(self) -> None:
        folder = self._folder("decoder")
        broken = folder / "broken.avi"
        data = bytearray(self._clip.read_bytes())
        half, end = len(data) // 2, len(data) * 3 // 4
        rng = np.random.default_rng(5)
        # The first frames stay whole, so that the canary is in memory when the garbage comes.
        data[half : half + 60_000] = rng.bytes(60_000)
        broken.write_bytes(data[:end])
        broken.chmod(0o644)
        with Daemon(folder, broken, "fixed") as daemon:
            code = daemon.wait(_LONGEST_S)
            text = daemon.text()
        found = self._search.of(text.encode())
        faults = [line for line in text.splitlines() if re.search("decode|cut short|truncated", line)]
        self._say(
            "A decoder's fault (garbage, then a file cut short) says nothing of the picture",
            code == 0 and bool(faults) and not found,
            f"{len(faults)} lines on it; found {_count(found)}",
        )

    def _search_the_files(self) -> None:
        files, size, found, unread = 0, 0, [], 0
        for file in self._changed():
            try:
                found += [f"{file}: {name}" for name in self._search.of_file(file)]
                files, size = files + 1, size + file.stat().st_size
            except OSError:
                unread += 1  # gone meanwhile
        self._say(
            "No file that has changed since the start has anything of it",
            not found,
            f"{files} files, {size >> 20} MiB, in {', '.join(PLACES)} ({unread} gone meanwhile); found {_count(found)}",
        )

    def _show_that_the_search_can_fail(self) -> None:
        folder = self._folder("unsealed")
        with Daemon(folder, self._clip, "fixed", sealed=False) as daemon:
            daemon.wait_for("in front", 60)
            readable = not _refused(f"head -c1 /proc/{daemon.pid}/environ")
            daemon.signal(signal.SIGSTOP)
            in_memory = self._search.of_memory(daemon.pid)
            daemon.signal(signal.SIGABRT)
            daemon.signal(signal.SIGCONT)
            daemon.wait(60)
        self._say(
            "Counter-test: without its measures its own user can read it, and its memory has the canary",
            readable and bool(in_memory),
            f"/proc/PID {'read' if readable else 'refused'}; found {_count(in_memory)} (the search sees it)",
        )
        pattern = Path("/proc/sys/kernel/core_pattern").read_text().strip()
        cores = list(daemon.left.iterdir())
        in_core = [name for core in cores for name in self._search.of_file(core)]
        if pattern.startswith(("|", "/")):
            self._say("Counter-test: a core", True, f"not made: this kernel gives cores to {pattern.split()[0]}")
        else:
            self._say(
                "Counter-test: without its measures SIGABRT leaves a core, and it has the canary",
                bool(in_core),
                f"{len(cores)} core; found {_count(in_core)}",
            )
        planted = Path(tempfile.mkdtemp(prefix="planted-", dir="/var/tmp")) / "crop"
        planted.write_bytes(b"x" * 1001 + self._crop.tobytes())
        try:
            seen = planted in set(self._changed()) and bool(self._search.of_file(planted))
        finally:
            shutil.rmtree(planted.parent)
        self._say("Counter-test: a crop that is put into a file is found there", seen, "one crop, in /var/tmp")

    def _changed(self) -> Iterator[Path]:
        """Files below the usual places that have changed since the start, but for the clips put there as input."""
        for place in PLACES:
            for folder, below, names in os.walk(place):
                below[:] = [name for name in below if not os.path.ismount(Path(folder) / name)]
                for file in (Path(folder) / name for name in names):
                    if file.suffix == ".avi" and self._work in file.parents:
                        continue
                    try:
                        state = file.lstat()
                    except OSError:
                        continue
                    is_new = max(state.st_mtime, state.st_ctime) >= self._began_s
                    if is_new and file.is_file() and not file.is_symlink() and state.st_size <= _FILE_MOST:
                        yield file

    def _folder(self, name: str) -> Path:
        folder = self._work / name
        folder.mkdir()
        return folder

    def _say(self, claim: str, is_good: bool, detail: str) -> None:
        self.findings.append(GateStatus(claim, is_good, detail))
        print(f"{'good' if is_good else 'BAD '} {claim}: {detail}", flush=True)


def lines_with(text: str, scores: list[int]) -> list[str]:
    """The lines that have all of these numbers."""
    wanted = {str(score) for score in scores}
    return [line for line in text.splitlines() if wanted <= set(_NUMBER.findall(line))]


def _people(count: int) -> tuple[str, Iterator[NDArray[np.uint8]]]:
    """What they are, and so many frames: photographs beside the checkout, else the demo's drawn people."""
    photographs = sorted(PICTURES.glob("real_photos/*/*/*.[jp][pn]g")) or sorted(PICTURES.glob("masked/*/*.[jp][pn]g"))
    if not photographs:
        return "drawn people", _repeat(_demo, count)
    return f"{len(photographs)} photographs", _repeat(lambda: _photographs(photographs), count)


def _photographs(files: list[Path]) -> Iterator[NDArray[np.uint8]]:
    """Each for a second in front of a grey wall, then the wall, so that people come and go."""
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
    """An empty spot, then the canary with a corner that changes, so that no camera seems frozen."""
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
    """What the daemon hands its classifier of a person on the spot."""
    spot, (height, width) = FixedRegionSettings(), frame.shape[:2]
    box = Box(spot.left * width, spot.top * height, spot.width * width, spot.height * height)
    return crop(frame, box, bundles.load(find_bundle("n-cnv")).manifest.crop)


def _scores(one: NDArray[np.uint8]) -> list[int]:
    scores: list[int] = Emulator(bundles.load(find_bundle("n-cnv"))).scores(one[np.newaxis])[0].tolist()
    return scores


def _refused(command: str) -> bool:
    as_user = "setpriv --reuid=nobody --regid=nogroup --clear-groups"
    return os.system(f"{as_user} {command} >/dev/null 2>&1") != 0


def _count(found: list[str]) -> str:
    return f"{len(found)}" + (f", first {found[0]}" if found else "")


def write(report: Report, file: Path) -> None:
    """As Markdown."""
    verdict = report.verdict
    versions = f"Python {platform.python_version()}, OpenCV {cv2.__version__}"
    lines = [
        "# What the gate does with what it sees",
        "",
        f"BinaryCoP gate controller {binarycop.__version__}, its daemon on {platform.system()} {platform.machine()}, "
        f"{versions}. Made by `make privacy-report`, which anybody may run again.",
        "",
        "The canary is a random texture that stands in front of the gate in a person's place. Pieces of it are looked "
        "for as a frame, as the 32×32 crop, and scaled; raw, as PNG and JPEG, and, where small, as text.",
        "",
        "| | claim | looked at, and found |",
        "|---|---|---|",
    ]
    lines += [f"| {'yes' if one.is_good else '**NO**'} | {one.claim} | {one.detail} |" for one in report.findings]
    lines += ["", "## Everything that it did", ""]
    lines += [f"Every opening, write, socket, shared mapping, process and change of a name ({report.pictures}).", ""]
    if verdict is not None:
        lines += ["| what | how often | why it is allowed |", "|---|---|---|"]
        lines += [f"| {rule.what} | {sum(acts.values())} | {rule.why} |" for rule, acts in verdict.rows]
        lines += [f"| **not in the table** | {sum(verdict.unlisted.values())} | |", "", "One by one:", ""]
        for rule, acts in (*verdict.rows, (None, verdict.unlisted)):
            lines += [f"### {rule.what if rule else 'not in the table'}", ""]
            lines += [f"- {count} × `{act}`" for act, count in sorted(acts.items(), key=lambda one: str(one[0]))] or [
                "none"
            ]
            lines += [""]
    lines += [
        "## What this does not show",
        "",
        "- It is a clip in a camera's place, and lines that drive nothing. No board was at hand, so neither the FPGA's",
        "  memory nor a camera's driver was looked at. What a camera itself stores is its maker's to say.",
        "- A picture left behind in a form that is not among those searched for is not found in a file. That there is",
        "  no file to leave it in is what the table shows.",
        "- The journal has, for each person, class, margin, votes and times: data on behaviour, without a name.",
        "- Root reads everything: docs/threat-model.md.",
        "",
    ]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines), encoding="utf-8")


def main() -> int:
    """Try it, and write the report."""
    parser = argparse.ArgumentParser(prog="privacy-report")
    parser.add_argument("--frames", type=int, default=1000)
    parser.add_argument("--finder", default="auto", help="for the photographs, as in faces.finder")
    parser.add_argument("--out", type=Path, default=ROOT / "build/privacy-report.md")
    options = parser.parse_args()
    if os.geteuid() != 0 or shutil.which("strace") is None:
        print("privacy-report: root and strace are needed (Debian's package strace)", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="privacy-", dir="/var/tmp") as name:  # below PLACES: searched, too
        try:
            report = Report(Path(name), options.frames, options.finder)
            os.chmod(name, 0o755)
            report.run()
        except TrialError as error:
            print(f"privacy-report: {error}", file=sys.stderr)
            return 1
        write(report, options.out)
    print(f"privacy-report: {options.out}")
    return 0 if all(finding.is_good for finding in report.findings) else 1


if __name__ == "__main__":
    sys.exit(main())
