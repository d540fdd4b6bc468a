"""Compressor trees: sums of many small numbers, by counting the ones in each column of bits in look-up tables.

Six bits of one weight become a count of three bits, of three weights (a 6:3 compressor, three LUT6), until each weight has
at most two bits left; an adder with a carry chain adds the two rows. There is a register behind each level.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

_INPUTS = 6  # of a compressor, as of a LUT6
Bit = int  # a bit's place in the vector of its level


@dataclass(frozen=True)
class Compressor:
    """Counts the ones among bits of one level; the count begins at a place of the next level's vector."""

    inputs: tuple[Bit, ...]
    output: Bit

    @property
    def outputs(self) -> int:
        """Bits of the count."""
        return len(self.inputs).bit_length()


@dataclass(frozen=True)
class Level:
    """One level. wires: bits that only pass, as pairs of places in this vector and in the next. size: of the next."""

    compressors: tuple[Compressor, ...]
    wires: tuple[tuple[Bit, Bit], ...]
    size: int


@dataclass(frozen=True)
class Tree:
    """The sum of ``numbers`` numbers of ``bits`` bits. rows: for each weight, at most two bits of the last vector."""

    numbers: int
    bits: int
    levels: tuple[Level, ...]
    rows: tuple[tuple[Bit, ...], ...]

    @property
    def latency(self) -> int:
        """Clocks from the numbers to their sum."""
        return len(self.levels) + 1

    @property
    def luts(self) -> int:
        """Look-up tables: of the compressors, and one for each bit of the adder."""
        tables = sum(compressor.outputs for level in self.levels for compressor in level.compressors)
        return tables + (len(self.rows) if any(len(row) == 2 for row in self.rows) else 0)


@dataclass
class _NextLevel:
    """Collects what is in the next level's vector. columns: by weight, the places of its bits."""

    size: int = 0
    columns: dict[int, list[Bit]] = field(default_factory=dict)

    def add(self, weight: int, bits: int) -> Bit:
        first = self.size
        for bit in range(bits):
            self.columns.setdefault(weight + bit, []).append(first + bit)
        self.size += bits
        return first


@lru_cache(maxsize=None)
def tree(numbers: int, bits: int) -> Tree:
    """The tree for ``numbers`` numbers of ``bits`` bits. Raises ValueError if one of them is below 1."""
    if numbers < 1 or bits < 1:
        raise ValueError(f"a sum of {numbers} numbers of {bits} bits; both must be at least 1")
    columns = {weight: [number * bits + weight for number in range(numbers)] for weight in range(bits)}
    levels = []
    while max(len(column) for column in columns.values()) > 2:
        level, columns = _compress(columns)
        levels.append(level)
    rows = tuple(tuple(columns.get(weight, ())) for weight in range(max(columns) + 1))
    return Tree(numbers, bits, tuple(levels), rows)


def _compress(columns: dict[int, list[Bit]]) -> tuple[Level, dict[int, list[Bit]]]:
    following = _NextLevel()
    compressors, wires = [], []
    for weight in sorted(columns):
        rest: Sequence[Bit] = columns[weight]
        while len(rest) > 2:
            inputs, rest = tuple(rest[:_INPUTS]), rest[_INPUTS:]
            compressors.append(Compressor(inputs, following.add(weight, len(inputs).bit_length())))
        wires += [(bit, following.add(weight, 1)) for bit in rest]
    return Level(tuple(compressors), tuple(wires), following.size), following.columns


def modules(sizes: Iterable[tuple[int, int]]) -> dict[str, str]:
    """SystemVerilog by module: ``compressor_tree``, and the tree of each of these sizes (numbers, bits)."""
    chosen = [tree(*size) for size in sorted(set(sizes))]
    branches = "".join(_branch(each, first=each is chosen[0]) for each in chosen)
    return {"compressor_tree": _SELECTION.format(branches=branches), **{_name(each): _module(each) for each in chosen}}


_SELECTION = """\
// The sum of NUMBERS numbers of BITS bits, after LATENCY clocks. There is a tree for each size that this core needs.
module compressor_tree #(
    parameter int NUMBERS = 24,
    parameter int BITS = 3,
    parameter int SUM_BITS = 8,
    parameter int LATENCY = 4  // at least that of the tree
) (
    input  logic                    clk,
    input  logic [NUMBERS*BITS-1:0] in,  // number n: bits n * BITS and up
    output logic [SUM_BITS-1:0]     sum
);
{branches}  else begin : missing
    $error("this core has no tree for %0d numbers of %0d bits", NUMBERS, BITS);
  end
endmodule
"""


def _branch(chosen: Tree, *, first: bool) -> str:
    name, width = _name(chosen), len(chosen.rows)
    return f"""\
  {"" if first else "else "}if (NUMBERS == {chosen.numbers} && BITS == {chosen.bits}) begin : {name}
    logic [{width - 1}:0] early;
    {name} tree (.clk, .in, .sum(early));
    delay #(.WIDTH(SUM_BITS), .CLOCKS(LATENCY - {chosen.latency})) rest (.clk, .in(SUM_BITS'(early)), .out(sum));
  end
"""


def _name(chosen: Tree) -> str:
    return f"sum_{chosen.numbers}x{chosen.bits}"


def _module(chosen: Tree) -> str:
    width = len(chosen.rows)
    lines = [
        f"// {chosen.numbers} numbers of {chosen.bits} bits: {chosen.latency} clocks, about {chosen.luts} LUTs.",
        f"module {_name(chosen)} (",
        "    input  logic clk,",
        f"    input  logic [{chosen.numbers * chosen.bits - 1}:0] in,",
        f"    output logic [{width - 1}:0] sum",
        ");",
    ]
    before = "in"
    for number, level in enumerate(chosen.levels, 1):
        after, stored = f"next_{number}", f"level_{number}"
        lines.append(f"  logic [{level.size - 1}:0] {after}, {stored};")
        for index, part in enumerate(level.compressors):
            inputs = ", ".join(f"{before}[{bit}]" for bit in reversed(part.inputs))
            lines += [
                f"  compressor #(.INPUTS({len(part.inputs)})) count_{number}_{index} (",
                f"      .in({{{inputs}}}), .count({after}[{part.output}+:{part.outputs}])",
                "  );",
            ]
        lines += [f"  assign {after}[{target}] = {before}[{source}];" for source, target in level.wires]
        lines.append(f"  always_ff @(posedge clk) {stored} <= {after};")
        before = stored
    first, second = (
        ", ".join(f"{before}[{row[which]}]" if len(row) > which else "1'b0" for row in reversed(chosen.rows))
        for which in (0, 1)
    )
    adds = any(len(row) == 2 for row in chosen.rows)
    lines.append(f"  always_ff @(posedge clk) sum <= {{{first}}}" + (f" + {{{second}}};" if adds else ";"))
    return "\n".join([*lines, "endmodule", ""])
