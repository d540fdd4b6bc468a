"""Train one of the two networks of ``lookout``. Run the same command again after an interruption.

    stored="--data ../shared/data --landmarks work/landmarks.npz --patches work/patches.npz"
    python -m overlays.detector.train proposal $stored
    python -m overlays.detector.train refinement $stored --proposal work/detector/proposal.pt

The refinement network learns from proposals, so it comes second. Then ``overlays.detector.export`` writes both for the
daemon.
"""

import argparse
from pathlib import Path

import cv2
import torch

from binarycop.detection.lookout.detector import WEIGHTS
from binarycop.detection.lookout.engine import OpenCvEngine
from binarycop.detection.lookout.network import PROPOSAL, REFINEMENT, Network, Weights
from binarycop.detection.lookout.weights import read_weights
from binarycop.frames.image import read_picture
from overlays.command_line import add_data_option, add_patches_option, make_parser, print_progress
from overlays.detector import refinement_samples, sample_store, split
from overlays.detector.hard_squares import hard_squares
from overlays.detector.loop import Settings, TrainingTask, restore, train
from overlays.detector.network import LookoutNet, fold_batchnorm, unfold_batchnorm
from overlays.detector.proposal_detector import ProposalDetector
from overlays.detector.proposal_samples import ProposalSamples
from overlays.detector.refinement_samples import RefinementSamples
from overlays.detector.sample_store import SceneStore
from overlays.detector.sources import SourceFiles
from overlays.detector.split import Part

_SHIPPED = "shipped"
_HARD_NEGATIVE_THRESHOLD = 0.2  # smallest confidence of a hard negative
_PROPOSAL_THRESHOLD = 0.03  # lower than in the daemon, so that there are more proposals to learn from
_STATISTICS_SAMPLES = 64  # to measure batch normalisation for the shipped weights


def main() -> None:
    """Make the samples and train."""
    arguments = _arguments()
    # Another number of threads changes the order of sums, and so the last digits of every weight.
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(1)
    network = PROPOSAL if arguments.network == PROPOSAL.name else REFINEMENT
    proposal = _proposal_weights(arguments, network)
    store = _store(arguments, proposal)
    task: TrainingTask = ProposalSamples.of(store)
    if network is REFINEMENT and proposal is not None:
        detector = ProposalDetector(OpenCvEngine(PROPOSAL, proposal), _PROPOSAL_THRESHOLD)
        empty = (read_picture(path) for path in split.empty(arguments.data, Part.FIT))
        task = RefinementSamples.joined(
            refinement_samples.cut_all(store, detector.proposals, arguments.seed),
            refinement_samples.cut_empty(empty, detector.proposals, arguments.seed),
        )
        print_progress(f"{len(task)} squares")
    torch.manual_seed(arguments.seed)
    net = _initial_network(network, arguments.begin, task)
    if arguments.hard and isinstance(task, RefinementSamples):
        task = hard_squares(task, net, arguments.seed)
        print_progress(f"{len(task)} of them to learn from")
    settings = Settings(arguments.epochs, arguments.batch, arguments.rate, arguments.decay, arguments.seed)
    train(task, net, settings, arguments.work / f"{arguments.tag or network.name}.pt", print_progress)


def _proposal_weights(arguments: argparse.Namespace, network: Network) -> Weights | None:
    """The proposal network of an earlier stage; None if the proposal network is trained without one."""
    if arguments.proposal:
        weights: Weights = fold_batchnorm(restore(PROPOSAL, arguments.proposal))
        return weights
    return read_weights(WEIGHTS, PROPOSAL) if network is REFINEMENT else None


def _store(arguments: argparse.Namespace, proposal: Weights | None) -> SceneStore:
    """The scenes of this stage, then those of ``--also``."""
    file, previous = arguments.work / f"scenes-{arguments.seed}-{arguments.scenes}.npy", None
    if proposal is not None:
        previous = ProposalDetector(OpenCvEngine(PROPOSAL, proposal), _HARD_NEGATIVE_THRESHOLD)
        file = file.with_stem(f"{file.stem}-{arguments.proposal.stem if arguments.proposal else _SHIPPED}")
    files = SourceFiles(arguments.landmarks, arguments.patches)
    made = sample_store.load_or_make(
        arguments.data, files, arguments.seed, arguments.scenes, file, print_progress, previous
    )
    return SceneStore.joined(made, *(sample_store.read(earlier) for earlier in arguments.also))


def _initial_network(network: Network, begin: str | None, task: TrainingTask) -> LookoutNet:
    if begin is None:
        return LookoutNet(network)
    if begin != _SHIPPED:
        return restore(network, Path(begin))
    frames, _ = task.batch(torch.arange(min(_STATISTICS_SAMPLES, len(task))), torch.Generator().manual_seed(0))
    net: LookoutNet = unfold_batchnorm(network, read_weights(WEIGHTS, network), frames.float())
    return net


def _arguments() -> argparse.Namespace:
    parser = make_parser(__doc__)
    parser.add_argument("network", choices=(PROPOSAL.name, REFINEMENT.name))
    add_data_option(parser)
    parser.add_argument("--landmarks", type=Path, required=True, help="file written by overlays.synthesis.landmarks")
    add_patches_option(parser)
    parser.add_argument("--work", type=Path, default=Path("work/detector"), help="folder for scenes and checkpoints")
    parser.add_argument("--scenes", type=int, default=24_000, help="number of scenes (default: %(default)s)")
    parser.add_argument("--epochs", type=int, default=Settings.epochs)
    parser.add_argument("--batch", type=int, default=Settings.batch)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rate", type=float, default=Settings.rate, help="AdamW's highest learning rate")
    parser.add_argument("--decay", type=float, default=Settings.decay, help="AdamW's weight decay")
    hard = "only squares that are hard for the weights of --begin, and a few of the others"
    parser.add_argument("--hard", action="store_true", help=f"refinement: {hard}")
    parser.add_argument("--begin", help=f"checkpoint whose weights to start from; {_SHIPPED}: the shipped weights")
    proposal = "checkpoint of the proposal network: its false detections become hard negatives, and the refinement"
    parser.add_argument("--proposal", type=Path, help=f"{proposal} network learns from its proposals")
    parser.add_argument("--also", type=Path, nargs="*", default=(), help="scenes of earlier stages, to use as well")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--tag", help="name of the checkpoint (default: name of the network)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
