"""From pictures to a checkpoint of one of the finder's networks, in one command that goes on where it was interrupted.

    stored="--data ../shared/data --landmarks work/landmarks.npz --patches work/patches.npz"
    python -m overlays.detector.train survey $stored
    python -m overlays.detector.train inspection $stored --survey work/detector/survey.pt

The inspection learns from the survey's places, so it comes second; ``overlays.detector.export`` then writes both for the
daemon. On two cores (Intel Xeon with AVX-512 and bfloat16): 24,000 scenes 5 minutes of one core and 3.5 GB of disk; the
survey learns from 200 scenes a second, longer where memory does not hold them; the inspection from 1,800 squares a
second, ten to a scene.
"""

import argparse
from pathlib import Path

import cv2
import torch

from binarycop.detection.lookout.detector import WEIGHTS
from binarycop.detection.lookout.engine import OpenCvEngine
from binarycop.detection.lookout.network import PROPOSAL, REFINEMENT, Network, Weights
from binarycop.detection.lookout.weights import read_weights
from overlays.detector import refinement_samples, sample_store
from overlays.detector.loop import Settings, TrainingTask, restore, train
from overlays.detector.network import LookoutNet, fold_batchnorm, unfold_batchnorm
from overlays.detector.proposal_detector import ProposalDetector
from overlays.detector.proposal_samples import ProposalSamples

_DECOY = 0.2  # confidence from which a stage's wrong find is shown to the next
_SHIPPED = "shipped"
_MEASURED = 64  # examples that give the spread of each layer's values
_LIKELY = 0.03  # from which the inspection is shown a place: less than in the daemon, so there are more


def main() -> None:
    """Make what is learned from, and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", choices=(PROPOSAL.name, REFINEMENT.name))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--landmarks", type=Path, required=True, help="the file that overlays.synthesis.landmarks made")
    parser.add_argument("--patches", type=Path, required=True, help="and the one that overlays.synthesis.patches made")
    parser.add_argument("--work", type=Path, default=Path("work/detector"), help="for scenes and checkpoint")
    parser.add_argument("--scenes", type=int, default=24_000)
    parser.add_argument("--epochs", type=int, default=Settings.epochs)
    parser.add_argument("--batch", type=int, default=Settings.batch)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rate", type=float, default=Settings.rate)
    parser.add_argument("--begin", help=f"go on from the weights of a checkpoint, or from those that ship: {_SHIPPED}")
    parser.add_argument(
        "--survey", type=Path, help="a survey's checkpoint, whose errors are shown; of the inspection's, what ships"
    )
    parser.add_argument(
        "--also", type=Path, nargs="*", default=(), help="scenes of earlier stages, to learn from again"
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--tag", help="name of the checkpoint; the network's where there is none")
    arguments = parser.parse_args()
    # Another count changes the order of sums, and with it the last digits of every weight.
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(1)
    network = PROPOSAL if arguments.network == PROPOSAL.name else REFINEMENT
    weights: Weights | None = None
    if arguments.survey:
        weights = fold_batchnorm(restore(PROPOSAL, arguments.survey))
    elif network is REFINEMENT:
        weights = read_weights(WEIGHTS, PROPOSAL)
    scenes = arguments.work / f"scenes-{arguments.seed}-{arguments.scenes}.npy"
    before = None
    if weights is not None:
        before = ProposalDetector(OpenCvEngine(PROPOSAL, weights), _DECOY)
        scenes = scenes.with_stem(f"{scenes.stem}-{arguments.survey.stem if arguments.survey else _SHIPPED}")
    stored = sample_store.SourceFiles(arguments.landmarks, arguments.patches)
    made = sample_store.load_or_make(arguments.data, stored, arguments.seed, arguments.scenes, scenes, _say, before)
    made = sample_store.SceneStore.joined(made, *(sample_store.read(file) for file in arguments.also))
    task: TrainingTask = ProposalSamples.of(made)
    if network is REFINEMENT and weights is not None:
        task = refinement_samples.cut_all(
            made, ProposalDetector(OpenCvEngine(PROPOSAL, weights), _LIKELY).proposals, arguments.seed
        )
        _say(f"{len(task)} squares")
    torch.manual_seed(arguments.seed)
    net = _begun(network, arguments.begin, task)
    settings = Settings(arguments.epochs, arguments.batch, arguments.rate, seed=arguments.seed)
    train(task, net, settings, arguments.work / f"{arguments.tag or network.name}.pt", _say)


def _begun(network: Network, begin: str | None, task: TrainingTask) -> LookoutNet:
    if begin is None:
        return LookoutNet(network)
    if begin != _SHIPPED:
        return restore(network, Path(begin))
    frames, _ = task.batch(torch.arange(min(_MEASURED, len(task))), torch.Generator().manual_seed(0))
    net: LookoutNet = unfold_batchnorm(network, read_weights(WEIGHTS, network), frames.float())
    return net


def _say(line: str) -> None:
    # At once, since long runs are watched through files.
    print(line, flush=True)


if __name__ == "__main__":
    main()
