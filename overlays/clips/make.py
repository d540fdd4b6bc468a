"""Make clips of passages, each with a JSON file that says who is visible when. Clips show faces: never commit them.

python -m overlays.clips.make --data ../shared/data --patches work/patches.npz --split test --out work/clips/test
python -m overlays.clips.make --data ../shared/data --photographs test --out work/clips/photographs-test
"""

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from overlays.clips import people as cast
from overlays.clips.people import Person
from overlays.clips.render import EMPTY_S, HEIGHT_PX, RATE_HZ, WIDTH_PX, begins_s, render_clip, stay_s
from overlays.command_line import add_data_option, add_patches_option, make_parser
from overlays.synthesis.faces import Split

_PEOPLE = 4  # in each clip
_MORE_EMPTY_S = 0.4  # so that a person may come at any moment between two frames of a sleeping service
_SEEDS = {Split.TRAIN: 1, Split.VAL: 2, Split.TEST: 3}


def write(
    folder: Path,
    groups: Iterator[Sequence[Person]],
    seed: int,
    *,
    is_queue: bool = False,
    empty_s: float | None = None,
) -> int:
    """Write a clip and its truth (JSON) for each group into ``folder``. Returns the number of clips.

    In a queue a person's time begins when the previous person has left, since only then are they in front. empty_s: how
    long nobody is there before each person, and up to ``_MORE_EMPTY_S`` more in each clip; None: ``EMPTY_S``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for number, group in enumerate(groups):
        rng = np.random.default_rng([seed, number])
        order = [group[at] for at in rng.permutation(len(group))]
        pause_s = EMPTY_S if empty_s is None else empty_s + rng.uniform(0, _MORE_EMPTY_S)
        clip = folder / f"{number:04d}.avi"
        writer = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"MJPG"), RATE_HZ, (WIDTH_PX, HEIGHT_PX))
        for frame in render_clip(order, rng, is_queue=is_queue, empty_s=pause_s):
            writer.write(frame)
        writer.release()
        early_s = EMPTY_S if is_queue else 0.0
        truth = [
            {
                "class": person.mask_class.label,
                "face": person.name,
                "from_s": begins_s(at, pause_s) - early_s,
                "to_s": begins_s(at, pause_s) + stay_s(),
            }
            for at, person in enumerate(order)
        ]
        clip.with_suffix(".json").write_text(json.dumps(truth, indent=1) + "\n")
        count += 1
    return count


def _groups(people: Iterator[Person], clips: int | None) -> Iterator[Sequence[Person]]:
    number = 0
    while (clips is None or number < clips) and (group := list(islice(people, _PEOPLE))):
        number += 1
        yield group


def main() -> None:
    """Make the clips."""
    parser = make_parser(__doc__)
    add_data_option(parser)
    parser.add_argument("--out", type=Path, required=True, help="folder for the clips")
    add_patches_option(parser, required=False)
    parser.add_argument("--split", choices=[Split.VAL.value, Split.TEST.value], default=Split.TEST.value)
    parser.add_argument("--photographs", choices=["dev", "test"], help="use the people of this split of real_photos")
    parser.add_argument(
        "--clips", type=int, default=100, help="number of clips with four dressed people each (default: %(default)s)"
    )
    parser.add_argument("--queue", action="store_true", help="the next person is visible while somebody passes")
    parser.add_argument("--empty", type=float, metavar="SECONDS", help="nobody is there for this long before each one")
    arguments = parser.parse_args()
    if arguments.queue and arguments.empty is not None:
        parser.error("in a queue somebody is always there; give --queue or --empty")
    way = {"is_queue": arguments.queue, "empty_s": arguments.empty}
    cv2.setNumThreads(1)
    if arguments.photographs:
        found = cast.photographed_people(arguments.data, arguments.photographs)
        order = np.random.default_rng(0).permutation(len(found))
        count = write(arguments.out, _groups((found[at] for at in order), None), 0, **way)
    elif arguments.patches:
        split = Split(arguments.split)
        people = cast.dressed_people(arguments.patches, arguments.data, split, _SEEDS[split])
        count = write(arguments.out, _groups(people, arguments.clips), _SEEDS[split], **way)
    else:
        parser.error("give --patches FILE for dressed faces, or --photographs SPLIT")
    print(f"{count} clips in {arguments.out}")


if __name__ == "__main__":
    main()
