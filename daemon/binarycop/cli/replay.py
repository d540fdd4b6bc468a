"""``binarycop replay``: recordings through the whole service, with mock outputs and in the recording's own time."""

import argparse

from binarycop.cli.options import add_classifier, add_config, add_finder, add_json, add_trace


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("clips", nargs="+", metavar="CLIP", help="a video file, a folder of pictures, or demo")
    add_config(parser)
    add_classifier(parser)
    add_finder(parser)
    add_trace(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Replay one clip after the other. Raises SourceErrors if a clip cannot be opened or gave no frame."""
    # OpenCV takes seconds to import on a board, and the help does without.
    from binarycop.cli.replay_clips import replay_clips  # noqa: PLC0415

    return replay_clips(options)
