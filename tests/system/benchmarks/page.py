"""The page docs/benchmarks.md and its plots, from the JSON of a run."""

from collections.abc import Iterator, Sequence

from binarycop.benchmarks.figures import Figure, Part, Report
from binarycop.benchmarks.table import number
from tests.system.benchmarks.plot import plot
from tests.system.benchmarks.targets import targets

PLOTTED = {
    "kernel": ("one crop", "Time of one crop on one thread, by network and engine"),
    "gates": (
        "age, 99th percentile",
        "Age of a frame when its lines are driven, 99th percentile, at 30 frames/s a gate",
    ),
    "memory": ("resident", "Memory of the process (resident), at most"),
}
"""The parts that have a plot: the quantity that it shows, and its title."""

_HEAD = """# Benchmarks

`make benchmarks WRITE=1` measures this page's figures, and writes it; `tests/system/benchmarks/page.py` has its words.
Machines are shared and differ: what lasts are the ratios within one run. [benchmarks.json](benchmarks.json) has the
run; this shows another one beside it, as ratios:

    binarycop bench all --json mine.json
    binarycop bench compare docs/benchmarks.json mine.json

`binarycop bench` lists the parts; each can be run alone, such as `binarycop bench gates`. All of them take 10 minutes.
`make benchmarks` needs onnxruntime, which it installs into an environment of its own. Times are medians with the
10th and 90th percentile. The cases of a table are measured in turns, so that load from outside meets all of them.
"""
_SENTENCES = {
    "kernel": """All engines get the same crops on one thread, and their scores must be the golden ones. A batch has 64
crops. On an AMD Zen 4 with AVX-512, at 3.7 GHz, a crop of CNV took 192,000 clocks: 20,000 in the first layer and
168,000 in the other five convolutions. Their XORs, full adders, popcounts and additions alone need 150,000, since that
processor begins two vectors of 512 bits in a clock. A Zen 5 begins four: the same code takes less than half of the
time. The call from Python adds 2 µs.""",
    "finders": """The detectors on drawn frames, on one thread. The model of YuNet does not ship with the project.""",
    "faces": """The detectors on annotated pictures: recall with its 95 % interval.""",
    "frame": """A drawn clip of 640×480, from a frame's capture to the lines, without the decoding of its JPEG. In
replay the detector runs within the frame, in one of four, and the next frame follows at once; in run the frame passes
three threads, and comes 33 ms after the last one. The kernel's library shrinks the crop, every fourth pixel is read by
the source's thread, which has just had the picture in its cache, and most searches are coarse while a large face is in
front, which the other gates' frames gain from. In turns with the code before these three, four times at real-time
priority, a frame with a person took 0.65 to 0.84 of the time in replay and 0.87 to 0.96 in run. Since then the library
shrinks the detector's frame too, and records are copied faster: three times in turns, 0.91 to 0.98 of what was left in
replay, 0.93 to 0.99 in run. With nobody there is no difference. What made up the time in run before all this, medians
of four runs on a busy Zen 4:

| a frame in run | nobody there, µs | person present, µs |
|---|---|---|
| from the time when it is due until its thread has it | 145 to 210 | 155 to 210 |
| until the loop has it | 105 to 185 | 115 to 185 |
| until the perception begins | 65 to 95 | 70 to 105 |
| the perception | 355 to 425 | 1,305 to 1,515 |
| until the loop has its result | 40 to 50 | 85 to 100 |
| votes, gate, lines, journal | 150 to 170 | 275 to 330 |

In one thread, without any hand-over, the perception takes 107 and 713 µs if the frames follow at once, 415 and 1,255 if
the thread sleeps 33 ms between two of them, 350 and 1,185 if it computes something else meanwhile. So most of the
difference to replay comes from neither the hand-overs nor the processor's idle states; cold caches are likely (not
measured with counters). Two changes gained nothing: locks in place of conditions at each hand-over, and the source's
thread handing its frame to the perception itself. Of a person's perception 340 µs was OpenCV's averaging of the crop,
as much when frames follow at once; the library takes 30. Reading every fourth pixel of a picture that is not in the
cache took 165 µs, and takes 20 in the source's thread.

What limits it: with nobody there, the hand-overs alone take 355 to 540 µs, before anything is computed. So 0.15 ms is
out of reach with a thread for the source and one for the perception; both are needed, since a gate must wait for
neither. With a person the hand-overs take 425 to 600 µs, and votes, gate, lines and journal 275 to 330: that alone is
0.8 ms, without the perception.""",
    "gates": """Daemons whose gates all play the same clip in step, the worst case: every camera's frame comes at the
same moment, and somebody walks up to all gates at once. A frame's age is from its capture until the lines were driven.
Of the processor time with 16 gates a third each goes to the clips' JPEG, which a raw YUYV camera does not have, and to
the detector; the rest to tracking, crops and the loop. So two cores are busy while 16 people walk up. The oldest frames
are from then, and from the start, when all clips are opened at once. All gates' crops are one batch, and one detector
works for all.

What limits it: on a Zen 4, 16 gates took 1.23 cores, 41 of the 67 ms that two cores have in a period, a third each for
JPEG, detector and the rest. The rest, about 14 ms, is computed in one thread, and only when the pictures are decoded.
When the detector has to search in all 16 frames at once, that adds 16 times 1.2 ms to one period, and the oldest frame
is one of those that wait: 1.03 periods there. A faster core shortens all of it.""",
    "start": """Each program is started several times, in turns. Ready is systemd's `READY=1`, a clip is the camera.""",
    "memory": """Resident is all memory of the process, with the libraries that other processes share; proportional
counts shared pages in part. Of one gate's memory, 86 MiB when it was taken apart, 38 are private memory: about 20 of
imported Python modules, the rest of C libraries and frames. The other 48 are pages of files: OpenCV's 16, those of
Python and the C library 12, FFmpeg's 9, numpy's 7, ncnn's 4. Only clips need FFmpeg: a camera's pictures are decoded as
the JPEG pictures are.

What limits it, measured one after the other: Python with numpy and cv2 takes 41 MiB, gpiozero with what it imports 7,
the daemon's own modules and YAML 9, the network and its check 5, the clip with FFmpeg 9, the detector on ncnn 10; the
rest is threads and frames. Little of that is left over: Python's own allocator uses 95 % of its memory, and what the
start has freed is given back before the first frame. But most is not used again: with a person in front, a gate
touched 7 of the 48 MiB of files' pages in three seconds, and 18 of the 39 MiB that no file backs. The kernel maps 16
pages around each that is touched, and takes back those of files where memory is short. To unmap them after the start
would make the figure smaller, but free nothing.""",
    "modes": """One gate with a drawn camera of 640×480 and 30 JPEGs a second, whose decoding counts here. Nobody is
there; then something in the picture moves, and the time runs until the camera has to give all pictures again.""",
    "instructions": """Counted by callgrind, which knows no AVX-512, so the packages compute with AVX2 at most.
`make armhf-cost` counts what the board's kind of processor executes: the target is 8 million for a frame with a person,
and it is 7.5; with nobody it is 1.5. Of the 7.5 ncnn has 2.5, the kernel's library 1.6, of which 1.3 for the scores,
Python 1.5, OpenCV 1.0, numpy 0.5 and the C library 0.3. By what is done, motion, the grey frame of every fourth pixel
and the templates have 0.4 each. It was 15.1, then 8.9: a search in one frame of four took 6.8, then 3.9, now 3.1, the
crop 3.3, then 0.5, now 0.3, and copies of records 0.5, now 0.1.""",
}


def page(report: Report) -> str:
    """The page's text."""
    machine = report.machine
    flags = ", ".join(machine.flags) or "none"
    others = ", ".join((f"numpy {machine.numpy}", f"OpenCV {machine.opencv}", *machine.others))
    loads = ", ".join(f"{load:g}" for load in machine.load)
    lines = [
        _HEAD,
        "## The machine",
        "",
        "| | |",
        "|---|---|",
        f"| processor | {machine.processor}, {machine.architecture}, {machine.cores} cores, {machine.memory_mib} MiB |",
        f"| emulator | {machine.emulator}; it uses {flags} |",
        f"| system | {machine.system}, Python {machine.python}, {others} |",
        f"| binarycop | {machine.binarycop} |",
        f"| load at the start, over 1, 5 and 15 minutes | {loads} |",
        f"| priority of the benchmarks | {machine.priority} |",
        "",
        *_target_lines(report),
    ]
    for part in report.parts:
        lines += ["", *_part_lines(part)]
    return "\n".join(lines) + "\n"


def plots(report: Report) -> dict[str, str]:
    """The SVG texts by file name."""
    return {
        f"benchmarks-{part.name}.svg": plot(_plotted(part), part.spread, PLOTTED[part.name][1])
        for part in report.parts
        if part.name in PLOTTED and _plotted(part)
    }


def _plotted(part: Part) -> list[Figure]:
    return [figure for figure in part.figures if figure.quantity == PLOTTED[part.name][0]]


def _target_lines(report: Report) -> Iterator[str]:
    yield from ("## Targets", "", "| target | measured | |", "|---|---|---|")
    for target in targets(report.machine.emulator):
        value = target.measured(report)
        if value is not None:
            word = "reached" if target.is_reached(value) else "missed"
            yield f"| {target.words} | {number(value)} {target.unit} | {word} |"


def _part_lines(part: Part) -> Iterator[str]:
    yield from (f"## `bench {part.name}`", "", _SENTENCES[part.name], "")
    if part.name in PLOTTED and _plotted(part):
        yield from (f"![{PLOTTED[part.name][1]}](benchmarks-{part.name}.svg)", "")
    for group in dict.fromkeys(figure.group for figure in part.figures):
        times = f" times {part.reference} |" if part.reference else ""
        yield from (f"| {group} | median | {part.spread} |{times}", f"|---|---|---|{'---|' if times else ''}")
        yield from _rows(part, [figure for figure in part.figures if figure.group == group])
        yield ""
    yield from (f"- left out: {note}" for note in part.notes)


def _rows(part: Part, figures: Sequence[Figure]) -> Iterator[str]:
    for figure in figures:
        unit = f", {figure.unit}" if figure.unit else ""
        spread = "" if figure.low == figure.high else f"{number(figure.low)} to {number(figure.high)}"
        row = f"| {figure.case}: {figure.quantity}{unit} | {number(figure.value)} | {spread} |"
        ratio = part.ratio(figure)
        if part.reference:
            row += f" {'' if ratio is None else f'{ratio:.2f}'} |"
        yield row
