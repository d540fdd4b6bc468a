"""Count the clocks of whole batches in the compiled circuit, from the input DMA's start until the output DMA is done.

python -m overlays.rtl.model.latency overlays/bundles/n-cnv --model build/rtl/n-cnv.so
"""

import sys
from math import prod
from pathlib import Path

import numpy as np

from binarycop.accelerator import dma_window
from binarycop.accelerator.dma import ADDRESS_HIGH, ADDRESS_LOW, CONTROL, DONE, IMAGES, START
from binarycop.accelerator.simulated.circuit_library import CircuitLibrary
from binarycop.accelerator.simulated.memory import Memory
from binarycop.bundle import check_build
from binarycop.bundle import files as bundles
from binarycop.bundle.files import WEIGHTS, Bundle
from binarycop.bundle.hwh import AddressRange
from binarycop.bundle.packing import unpack
from binarycop.classes import LABELS
from binarycop.errors import BinaryCoPError
from overlays.command_line import make_parser

BATCHES = (1, 2, 16, 64)
_INPUT, _OUTPUT = 0, 1
_SCORES_AT, _MEMORY_BYTES = 1 << 19, 1 << 20
_MOST_READS = 10_000_000


def clocks(bundle: Bundle, library: Path, images: int) -> int:
    """The clocks of one batch. Raises BackendError without the circuit, RuntimeError if it does not end or is wrong."""
    memory = Memory(size=_MEMORY_BYTES)
    pixels = np.resize(bundle.golden_inputs, (images, *bundle.golden_inputs.shape[1:])).reshape(-1)
    memory.dma_write(memory.base, pixels)
    circuit = CircuitLibrary(library, bundle.manifest.name, bundle.manifest.sha256[WEIGHTS], memory)
    try:
        for dma, address in ((_OUTPUT, memory.base + _SCORES_AT), (_INPUT, memory.base)):
            dma_window.set_window(circuit.registers(dma), AddressRange(memory.base, _MEMORY_BYTES))
            circuit.write(dma, ADDRESS_LOW, address & 0xFFFF_FFFF)
            circuit.write(dma, ADDRESS_HIGH, address >> 32)
            circuit.write(dma, IMAGES, images)
        circuit.write(_OUTPUT, CONTROL, START)
        begun = circuit.cycles()
        circuit.write(_INPUT, CONTROL, START)
        for _ in range(_MOST_READS):
            if circuit.read(_OUTPUT, CONTROL) & DONE:
                break
        else:
            raise RuntimeError(f"a batch of {images} images does not end")
        ended = circuit.cycles()
    finally:
        circuit.close()
    manifest = bundle.manifest
    written = memory.dma_read(memory.base + _SCORES_AT, images * prod(manifest.output_packed))
    words = prod(manifest.output_packed[1:-1])
    kind = check_build.score_type(bundle.folder, manifest)
    scores = unpack(written.reshape(images, words, -1), kind, len(LABELS) // words).reshape(images, -1)
    if (scores != np.resize(bundle.golden_scores, (images, 4))).any():
        raise RuntimeError(f"a batch of {images} images has wrong scores")
    return ended - begun


def main() -> int:
    """Print a row for each size of a batch. Returns 1, with the reason on stderr, if it fails."""
    parser = make_parser(__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--model", type=Path, required=True, help="the compiled circuit: make rtl-model")
    options = parser.parse_args()
    try:
        bundle = bundles.load(options.bundle)
        for images in BATCHES:
            taken = clocks(bundle, options.model, images)
            print(f"{images:3} images: {taken:7} clocks, {taken / bundle.manifest.clock_mhz:9.2f} µs")
    except (BinaryCoPError, RuntimeError) as error:
        print(f"latency: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
