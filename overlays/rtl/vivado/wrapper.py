"""Verilog around a SystemVerilog module: a block design of Vivado takes no SystemVerilog as a module reference."""

import re
from collections.abc import Mapping

_MODULE = re.compile(r"^module (\w+) #\(\n(.*?)\n\) \(\n(.*?)\n\);", re.MULTILINE | re.DOTALL)
_PARAMETER = re.compile(r"parameter int (\w+)\s*= *([^,\n]+)")
_PORT = re.compile(r"(input|output)\s+(?:wire|logic)\s+(\[[^\]]+\])?\s*(\w+)")


def wrapper(text: str, name: str, attributes: Mapping[str, str], values: Mapping[str, int] | None = None) -> str:
    """A Verilog module ``name`` with the parameters and ports of the module in ``text``.

    attributes: Vivado's attributes by port. values: new values of parameters; the others are as in ``text``. Raises
    ValueError if there is no such module, port or parameter.
    """
    match = _MODULE.search(text)
    if match is None:
        raise ValueError("there is no module with parameters and ports in it")
    inner, parameters, ports = match[1], _PARAMETER.findall(match[2]), _PORT.findall(match[3])
    chosen = values or {}
    for kind, wanted, found in (
        ("port", attributes, {port for _, _, port in ports}),
        ("parameter", chosen, {key for key, _ in parameters}),
    ):
        if missing := set(wanted) - found:
            raise ValueError(f"{inner} has no {kind} {', '.join(sorted(missing))}")
    rows = [
        f"// {inner} for a block design, written by overlays/rtl/vivado.",
        "`default_nettype none",
        f"module {name} #(",
    ]
    rows.append(",\n".join(f"    parameter {key} = {chosen.get(key, value)}" for key, value in parameters))
    rows.append(") (")
    rows.append(
        ",\n".join(
            (f"    (* {attributes[port]} *)\n" if port in attributes else "")
            + f"    {way} wire {width + ' ' if width else ''}{port}"
            for way, width, port in ports
        )
    )
    rows += [");", f"    {inner} #(", ",\n".join(f"        .{key}({key})" for key, _ in parameters), "    ) inner ("]
    rows.append(",\n".join(f"        .{port}({port})" for _, _, port in ports))
    rows += ["    );", "endmodule", "`default_nettype wire", ""]
    return "\n".join(rows)
