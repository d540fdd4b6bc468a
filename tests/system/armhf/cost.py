"""Counts the instructions of detectors on the board's kind of processor, by qemu. ``make armhf-cost`` runs it.

Each part runs a few times, then more often; the difference does not include Python's start. The counts are the same on
every machine. They are not times: how many instructions per second a Cortex-A9 executes was not measured on a board.
"""

import subprocess
import sys
from pathlib import Path

from binarycop.benchmarks.steady import NOBODY, PERSON, WARM_UP
from tests.system import host
from tests.system.host import ROOT

HERE = Path(__file__).resolve().parent
FEW, MANY = 2, 7
LONGEST_S = 1200
LIBRARIES = ("blas", "lapack", "")
PROGRAM = """
import sys
import cv2
import numpy as np
from binarycop.classifier.choose import open_fit
from binarycop.detection.choose import make_detector
from binarycop.detection.letterbox import fit_by_opencv, letterbox
from binarycop.detection.lookout.engine import make_engine
from binarycop.detection.lookout.detector import WEIGHTS
from binarycop.detection.lookout.refinement import RefinementStage
from binarycop.detection.lookout.network import MAX_STRIDE, REFINEMENT, MIN_CELLS, PROPOSAL
from binarycop.detection.lookout.weights import read_weights
from binarycop.frames import drawing
from binarycop.frames.repeat_detector import RepeatDetector
from binarycop.settings.faces import DetectorKind, EngineKind, FacesSettings, LookoutSettings

cv2.setNumThreads(1)
what, engine, longer_px, count = sys.argv[1], EngineKind(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
fit = open_fit(fit_by_opencv, {"neon"})  # qemu shows the features of another processor
rng = np.random.default_rng(1)
frame = drawing.background(rng, 640, 480)
drawing.draw(frame, drawing.Head.random(rng, None), 320, 240, 220)
padded, _ = letterbox(frame, longer_px, MAX_STRIDE, MIN_CELLS)
proposal, refinement = (make_engine(engine, net, read_weights(WEIGHTS, net)) for net in (PROPOSAL, REFINEMENT))
stage = RefinementStage(refinement)
side = 220 * longer_px / 640
head = np.array([[(longer_px - side) / 2, (0.75 * longer_px - side) / 2, side, side, 0.9]])
lookout = LookoutSettings(engine=engine, longer_px=longer_px)
detector = make_detector(FacesSettings(finder=DetectorKind.LOOKOUT, lookout=lookout), fit=fit)
small = np.ascontiguousarray(frame[::2, ::2])
repeat_detector, shown = RepeatDetector(), frame.copy()

def new_picture():
    shown[0, 0, 0] += 1
    return repeat_detector.distance(shown)

parts = {
    "letterbox": lambda: letterbox(frame, longer_px, MAX_STRIDE, MIN_CELLS, fit),
    "letterbox by OpenCV": lambda: letterbox(frame, longer_px, MAX_STRIDE, MIN_CELLS),
    "proposal": lambda: proposal.run(padded),
    "refinement": lambda: stage.refine(padded, head),
    "all": lambda: detector.detect(frame),
    "small": lambda: detector.detect(small),
    "new": new_picture,
    "known": lambda: repeat_detector.distance(frame),
}
for _ in range(count):
    parts[what]()
if len(detector.detect(frame)) != 1:
    sys.exit("the drawn head is not detected")
"""
ROWS = (
    ("new picture of 640×480", "new", "opencv"),
    ("picture of 640×480 that repeats", "known", "opencv"),
    ("letterbox of 640×480", "letterbox", "opencv"),
    ("letterbox of 640×480, OpenCV", "letterbox by OpenCV", "opencv"),
    ("proposal network, ncnn", "proposal", "ncnn"),
    ("refinement of one region, ncnn", "refinement", "ncnn"),
    ("proposal network, OpenCV", "proposal", "opencv"),
    ("refinement of one region, OpenCV", "refinement", "opencv"),
    ("detection in 320×240, ncnn", "small", "ncnn"),
    ("detection in 640×480, ncnn", "all", "ncnn"),
    ("detection in 640×480, OpenCV", "all", "opencv"),
)
FRAMES = (("whole frame, person present", PERSON), ("whole frame, nobody there", NOBODY))
STEADY = 32  # frames, so that the detector runs in every fourth


def main() -> int:
    """Print millions of instructions for each part and ``longer_px``."""
    tree = host.image(HERE / "image.sh")
    tools = host.image(HERE / "cost.sh")
    if tree is None or tools is None:
        return 1
    print("millions of instructions     longer_px 160    320")
    for title, what, engine in ROWS:
        counts = [_of_each(tree, tools, what, engine, str(longer_px)) for longer_px in (160, 320)]
        print(f"{title:34}" + "".join(f"{count / 1e6:8.2f}" for count in counts), flush=True)
    print("millions of instructions, n-CNV on the emulator, lookout on ncnn with longer_px 320")
    for title, who in FRAMES:
        few, many = (
            _instructions(tree, tools, "-m", "binarycop.benchmarks.steady", who, str(count))
            for count in (WARM_UP, WARM_UP + STEADY)
        )
        print(f"{title:34}{(many - few) / STEADY / 1e6:8.2f}", flush=True)
    return 0


def _of_each(tree: Path, tools: Path, *arguments: str) -> float:
    """The instructions of one run of a part."""
    few, many = (_instructions(tree, tools, "-c", PROGRAM, *arguments, str(count)) for count in (FEW, MANY))
    return (many - few) / (MANY - FEW)


def _instructions(tree: Path, tools: Path, *arguments: str) -> int:
    """All instructions of a Python with these arguments."""
    libraries = ":".join(f"{tree}/usr/lib/arm-linux-gnueabihf/{name}" for name in LIBRARIES)
    python = f"{ROOT / 'daemon'}:{tree}/usr/lib/python3/dist-packages:{tools}:{tools}/python"
    command = ["qemu-arm", "-cpu", "cortex-a9", "-plugin", str(tools / "count.so"), "-L", str(tree)]
    for name, value in (("LD_LIBRARY_PATH", libraries), ("PYTHONPATH", python), ("OPENBLAS_NUM_THREADS", "1")):
        command += ["-E", f"{name}={value}"]
    command += [f"{tree}/usr/bin/python3", "-S", "-B", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LONGEST_S)
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments[-4:])} ended with {done.returncode}\n{done.stderr}")
    return int(done.stderr.split()[-1])


if __name__ == "__main__":
    sys.exit(main())
