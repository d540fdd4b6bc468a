"""Reads the JSON of a run again, which anybody may have edited."""

from pathlib import Path

from binarycop import regular_file
from binarycop.benchmarks.figures import FORMAT, Figure, Part, Report
from binarycop.benchmarks.machine import Machine
from binarycop.bundle.json_fields import Fields, parse

_MAX_BYTES, _MAX_FIGURES, _MAX_TEXT = 4 * 2**20, 2000, 200
_LARGEST = 1e15


def report(file: Path) -> Report:
    """The run in a file that ``bench`` wrote with ``--json``. Raises ValueError, which names the field, and OSError."""
    fields = parse(regular_file.read(file, _MAX_BYTES, follow_link=True))
    fields.expect("format", FORMAT)
    parts = fields.fields("parts")
    return Report(_machine(fields.fields("machine")), tuple(_part(name, parts.fields(name)) for name in parts.values))


def _machine(fields: Fields) -> Machine:
    texts = {
        name: fields.text(name, _MAX_TEXT)
        for name in (
            "processor",
            "architecture",
            "system",
            "emulator",
            "binarycop",
            "python",
            "numpy",
            "opencv",
            "priority",
        )
    }
    return Machine(
        **texts,
        cores=fields.whole("cores", 1, 10_000),
        memory_mib=fields.whole("memory_mib", 0, 10**9),
        flags=_texts(fields, "flags"),
        others=_texts(fields, "others"),
        load=_numbers(fields, "load"),
    )


def _part(name: str, fields: Fields) -> Part:
    # A part of which everything was left out has none.
    rows = fields.list_of_fields("figures", _MAX_FIGURES) if fields.value("figures") else []
    figures = tuple(map(_figure, rows))
    reference = fields.value("reference")
    return Part(name, figures, str(reference), fields.text("spread", _MAX_TEXT), _texts(fields, "notes"))


def _figure(fields: Fields) -> Figure:
    group, case, quantity = (fields.text(name, _MAX_TEXT) for name in ("group", "case", "quantity"))
    value, low, high = (fields.number(name, -_LARGEST, _LARGEST) for name in ("value", "low", "high"))
    samples = fields.whole("samples", 1, 10**9)
    return Figure(group, case, quantity, str(fields.value("unit")), value, low, high, samples)


def _texts(fields: Fields, name: str) -> tuple[str, ...]:
    """A list of texts, which may be empty."""
    value = fields.value(name)
    if not isinstance(value, list) or not all(isinstance(item, str) and item.isprintable() for item in value):
        raise ValueError(f"{fields.path}.{name} is no list of texts; write [] or a list of texts")
    return tuple(value)


def _numbers(fields: Fields, name: str) -> tuple[float, ...]:
    """A list of numbers, which may be empty."""
    value = fields.value(name)
    if not isinstance(value, list) or not all(type(item) in (int, float) for item in value):
        raise ValueError(f"{fields.path}.{name} is no list of numbers; write [] or a list of numbers")
    return tuple(map(float, value))
