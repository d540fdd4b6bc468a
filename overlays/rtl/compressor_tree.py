"""Compressor trees: sums of many small numbers, by counting the ones in each column of bits in look-up tables.

A 6:3 compressor (three LUT6) counts six bits of one weight; the three bits of the count have one, two and four times
that weight. When at most two bits of each weight are left, a carry chain adds them. Each level ends in a register.
``modules/column_counter.sv`` has the counters of one column.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

_INPUTS = 6  # of a compressor, as of a LUT6
Heights = tuple[int, ...]  # the number of bits of each weight, the lowest first


@dataclass(frozen=True)
class Column:
    """The bits of one weight; how many bits of one, two and four times that weight their counters give."""

    height: int

    @property
    def ones(self) -> int:
        """One bit for each counter, and one or two remaining bits that no counter takes."""
        rest = self.height % _INPUTS
        return self.twos + (rest if rest < 3 else 0)

    @property
    def twos(self) -> int:
        """One bit for each counter."""
        return self.height // _INPUTS + (1 if self.height % _INPUTS >= 3 else 0)

    @property
    def fours(self) -> int:
        """One bit for each counter of at least four bits."""
        return self.height // _INPUTS + (1 if self.height % _INPUTS >= 4 else 0)

    @property
    def luts(self) -> int:
        """Look-up tables of the counters."""
        return 2 * self.twos + self.fours


@dataclass(frozen=True)
class Tree:
    """The sum of ``numbers`` numbers of ``bits`` bits.

    levels: the heights of the columns in front of each level. rows: the heights in front of the adder, at most 2.
    """

    numbers: int
    bits: int
    levels: tuple[Heights, ...]
    rows: Heights

    @property
    def sum_bits(self) -> int:
        """Bits of the sum."""
        return (self.numbers * ((1 << self.bits) - 1)).bit_length()

    @property
    def latency(self) -> int:
        """Clocks from the numbers to their sum."""
        return len(self.levels) + 1

    @property
    def luts(self) -> int:
        """Look-up tables: of the counters, and one for each bit of the adder."""
        adder = len(self.rows) if 2 in self.rows else 0
        return sum(Column(height).luts for heights in self.levels for height in heights) + adder


@cache
def tree(numbers: int, bits: int) -> Tree:
    """The tree for ``numbers`` numbers of ``bits`` bits. Raises ValueError if one of them is below 1."""
    if numbers < 1 or bits < 1:
        raise ValueError(f"a sum of {numbers} numbers of {bits} bits; both must be at least 1")
    sum_bits = (numbers * ((1 << bits) - 1)).bit_length()
    heights: Heights = (numbers,) * bits
    levels = []
    while max(heights) > 2:
        levels.append(heights)
        heights = _next_heights(heights)[:sum_bits]  # a count's bits above the largest sum are always 0
    return Tree(numbers, bits, tuple(levels), heights)


def _next_heights(heights: Heights) -> Heights:
    following = [0] * (len(heights) + 2)
    for weight, column in enumerate(map(Column, heights)):
        following[weight] += column.ones
        following[weight + 1] += column.twos
        following[weight + 2] += column.fours
    while not following[-1]:
        following.pop()
    return tuple(following)


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
    input  logic [BITS*NUMBERS-1:0] in,  // bit b of number n: b * NUMBERS + n
    output logic [SUM_BITS-1:0]     sum
);
{branches}  else begin : missing
`ifndef __ICARUS__  // Icarus 11 has no $error here
    $error("this core has no tree for %0d numbers of %0d bits", NUMBERS, BITS);
`endif
  end
endmodule
"""


def _branch(chosen: Tree, *, first: bool) -> str:
    name = _name(chosen)
    return f"""\
  {"" if first else "else "}if (NUMBERS == {chosen.numbers} && BITS == {chosen.bits}) begin : {name}
    logic [{chosen.sum_bits - 1}:0] early;
    logic unused_early;  // its highest bits, where SUM_BITS is enough for all sums that occur
    assign unused_early = &{{1'b0, early}};
    {name} tree (.clk, .in, .sum(early));
    delay #(.WIDTH(SUM_BITS), .CLOCKS(LATENCY - {chosen.latency})) rest (.clk, .in(SUM_BITS'(early)), .out(sum));
  end
"""


def _name(chosen: Tree) -> str:
    return f"sum_{chosen.numbers}x{chosen.bits}"


def _module(chosen: Tree) -> str:
    lines = [
        f"// {chosen.numbers} numbers of {chosen.bits} bits: {chosen.latency} clocks, about {chosen.luts} LUTs.",
        f"module {_name(chosen)} (",
        "    input  logic clk,",
        f"    input  logic [{chosen.numbers * chosen.bits - 1}:0] in,  // bit b of number n: b * {chosen.numbers} + n",
        f"    output logic [{chosen.sum_bits - 1}:0] sum",
        ");",
        f"  logic [{sum((chosen.levels or (chosen.rows,))[0]) - 1}:0] level_0;",
        "  assign level_0 = in;",
    ]
    for number, heights in enumerate(chosen.levels):
        lines += _level(number, heights, (*chosen.levels, chosen.rows)[number + 1])
    level, place = f"level_{len(chosen.levels)}", 0
    first, second = [], []
    for height in (*chosen.rows, *[0] * (chosen.sum_bits - len(chosen.rows))):
        first.append(f"{level}[{place}]" if height else "1'b0")
        second.append(f"{level}[{place + 1}]" if height == 2 else "1'b0")
        place += height
    addend = f" + {{{', '.join(reversed(second))}}}" if 2 in chosen.rows else ""
    lines.append(f"  always_ff @(posedge clk) sum <= {{{', '.join(reversed(first))}}}{addend};")
    return "\n".join([*lines, "endmodule", ""])


def _level(number: int, heights: Heights, following: Heights) -> list[str]:
    """A counter for each column, and the register with the columns of the next level, the lowest weight first."""
    lines = ["", f"  // Columns of {', '.join(map(str, heights))} bits."]
    parts: dict[int, list[str]] = {weight: [] for weight in range(len(following))}
    place = 0
    for weight, column in enumerate(map(Column, heights)):
        nets = {}
        for offset, (port, bits) in enumerate((("ones", column.ones), ("twos", column.twos), ("fours", column.fours))):
            net = f"l{number}_w{weight}_{port}"
            is_used = bits > 0 and weight + offset in parts
            if is_used:
                parts[weight + offset].append(net)
            nets[port] = (net if is_used else f"unused_{net}", max(1, bits))
        lines += _counter(f"l{number}_w{weight}", column, f"level_{number}[{place}+:{column.height}]", nets)
        place += column.height
    columns = ", ".join(reversed([part for weight in sorted(parts) for part in parts[weight]]))
    return [
        *lines,
        f"  logic [{sum(following) - 1}:0] level_{number + 1};",
        f"  always_ff @(posedge clk) level_{number + 1} <= {{{columns}}};",
    ]


def _counter(name: str, column: Column, inputs: str, nets: dict[str, tuple[str, int]]) -> list[str]:
    """nets: name and width of the net at each output."""
    if not column.twos:
        return [f"  logic [{column.ones - 1}:0] {name}_ones;", f"  assign {name}_ones = {inputs};"]
    ports = ", ".join(f".{port}({net})" for port, (net, _) in nets.items())
    return [
        *[f"  logic [{bits - 1}:0] {net};" for net, bits in nets.values()],
        f"  column_counter #(.HEIGHT({column.height})) {name} (.in({inputs}), {ports});",
    ]
