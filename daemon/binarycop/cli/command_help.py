"""What the help of each command ends with: examples, and the exit codes that it can have."""

from dataclasses import dataclass

from binarycop.cli.exit_codes import (
    IN_USE,
    INTERRUPTED,
    NOT_IN_SERVICE,
    NOT_RIGHT,
    NOT_WRITTEN,
    UNEXPECTED,
    WRONG_ARGUMENTS,
    listed,
)

_EVERYWHERE = frozenset({0, UNEXPECTED, WRONG_ARGUMENTS, NOT_WRITTEN, INTERRUPTED})


@dataclass(frozen=True)
class CommandHelp:
    """examples: command lines that work as they are, or with other names. exit_codes: besides those of all commands."""

    examples: tuple[str, ...]
    exit_codes: tuple[int, ...] = ()

    @property
    def epilog(self) -> str:
        """The last text of ``--help``."""
        title = "example:" if len(self.examples) == 1 else "examples:"
        examples = "".join(f"  {example}\n" for example in self.examples)
        return f"{title}\n{examples}\n{listed(sorted(_EVERYWHERE | set(self.exit_codes)))}"


_CLASSIFIES = (3, 4, 7, 8, IN_USE)
_STORE = (4, 10)

HELP = {
    "run": CommandHelp(
        ("binarycop run --source demo", "binarycop run --config gate.yaml --source 0"), (*_CLASSIFIES, 5, 6, 9)
    ),
    "check-config": CommandHelp(
        ("binarycop check-config --changes", "binarycop check-config --config gate.yaml"), (3,)
    ),
    "replay": CommandHelp(
        ("binarycop replay clip.mp4", "binarycop replay --json monday.mp4 tuesday.mp4"), (*_CLASSIFIES, 5)
    ),
    "evaluate": CommandHelp(
        ("binarycop evaluate pictures/", "binarycop evaluate --bundle u-cnv --list-wrong pictures/"), (*_CLASSIFIES, 5)
    ),
    "classify": CommandHelp(
        ("binarycop classify face.jpg", "binarycop classify --json a.jpg b.png"), (*_CLASSIFIES, 5)
    ),
    "bench": CommandHelp(
        ("binarycop bench kernel", "binarycop bench all --json today.json", "binarycop bench compare a.json b.json"),
        (3, 4, 5, 7),
    ),
    "bench faces": CommandHelp(("binarycop bench faces pictures/ --finder lookout",), (3, 5, 7)),
    "bench gates": CommandHelp(("binarycop bench gates --gates 4 --clip clip.mp4",), (4, 5)),
    "bench compare": CommandHelp(("binarycop bench compare before.json after.json",)),
    "selftest": CommandHelp(
        ("binarycop selftest", "binarycop selftest --bundle u-cnv --backend emulator"), _CLASSIFIES
    ),
    "bundle": CommandHelp(("binarycop bundle list", "binarycop bundle rollback n-cnv"), (3, IN_USE, *_STORE)),
    "bundle list": CommandHelp(("binarycop bundle list --json",), _STORE),
    "bundle install": CommandHelp(("binarycop bundle install ./n-cnv-2",), _STORE),
    "bundle rollback": CommandHelp(("binarycop bundle rollback n-cnv",), _STORE),
    "bundle ensure": CommandHelp(("binarycop bundle ensure --config gate.yaml",), (3, IN_USE, *_STORE)),
    "bundle confirm": CommandHelp(("binarycop bundle confirm --after 600",), _STORE),
    "aim": CommandHelp(("binarycop aim", "binarycop aim --gate north --seconds 60"), (*_CLASSIFIES, 5, 6)),
    "lines": CommandHelp(
        (
            "binarycop lines",
            "binarycop lines --pulse permission --for 1",
            "binarycop lines --gate north --watch 60",
            "binarycop lines --walk --record record.txt",
        ),
        (3, 6, 7, 8),
    ),
    "doctor": CommandHelp(("binarycop doctor", "binarycop doctor --report report.txt"), (NOT_RIGHT,)),
    "status": CommandHelp(
        ("binarycop status", "binarycop status --watch", "binarycop status --json"),
        (NOT_IN_SERVICE, 13, 14),
    ),
    "events": CommandHelp(
        ("binarycop events --since today", "binarycop events --gate north --class undecided --json"), (9,)
    ),
    "stats": CommandHelp(("binarycop stats --since 7d --by day", "binarycop stats --html week.html"), (9,)),
    "metrics": CommandHelp(
        ("binarycop metrics", "binarycop metrics --state counted.json --output binarycop.prom"), (3, 9)
    ),
    "write-journal": CommandHelp(("systemctl status binarycop-journal.service",), (9,)),
    "load-overlay": CommandHelp(
        ("binarycop load-overlay", "binarycop load-overlay --simulated --bundle n-cnv"), _CLASSIFIES
    ),
    "relay-off-list": CommandHelp(("binarycop relay-off-list /run/binarycop/release",), (3, 6)),
    "import-build": CommandHelp(("binarycop import-build build/deploy --into overlays/bundles/n-cnv",), (4,)),
}
"""By the command's name, as it is typed. A command below another one has its own entry or that one's."""
