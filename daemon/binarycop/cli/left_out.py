"""Says on standard error what a command did not look at."""

import os
from pathlib import Path

from binarycop.cli.terminal import print_note
from binarycop.evaluation.omissions import Omissions, Reason
from binarycop.frames.names import DEMO, is_camera
from binarycop.frames.picture_files import FileKind, kind_of


def print_omissions(omissions: Omissions, looked_at: int, prefix: str = "") -> None:
    """Say what was left out, if anything was. looked_at: the number of files that were not."""
    count = omissions.count
    files = f"{count + looked_at} file{'s' * (count + looked_at > 1)}"
    heading = [f"{count} of {files} {'was' if count == 1 else 'were'} not looked at:"] if count else []
    for line in heading + omissions.lines:
        print_note(f"{prefix}{line}")


def print_source(spec: str) -> None:
    """If a source is a folder, say which of its files are not shown. Pictures that cannot be decoded are events."""
    folder, omissions, shown = Path(spec), Omissions(), 0
    if spec == DEMO or is_camera(spec):
        return  # even if there is a file or folder of the same name here
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return  # a clip; or the code that opens it says why it cannot be read
    for name in names:
        kind = kind_of(name)
        if kind is FileKind.SYSTEM:
            omissions.add(Reason.SYSTEM, name)
        elif os.path.isdir(folder / name):
            omissions.add(Reason.SUBFOLDER, name)
        elif kind is FileKind.OTHER:
            omissions.add(Reason.NOT_A_PICTURE, name)
        else:
            shown += 1
    print_omissions(omissions, shown, f"{spec}: ")
