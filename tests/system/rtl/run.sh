#!/usr/bin/env bash
# Simulates the gate's lines and the dead-man timer: two linters, the testbench, and the testbench again on modules that
# are spoilt in one place each, since a testbench that cannot fail proves nothing. Root installs missing tools.
set -euo pipefail
cd "$(dirname "$0")/../../.."
rtl=(overlays/finn/rtl/deadman.v overlays/finn/rtl/gate_lines.v)
longest_s=60

missing=()
for tool in iverilog verilator; do command -v "$tool" >/dev/null || missing+=("$tool"); done
if ((${#missing[@]})); then
    if ((EUID)); then
        echo "test-rtl: ${missing[*]} missing: apt install ${missing[*]}" >&2
        exit 1
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
compile() { iverilog -g2005-sv -Wall -s deadman_tb -o "$work/bench" tests/system/rtl/deadman_tb.v "$@"; }
simulate() { timeout "$longest_s" vvp -n "$work/bench"; } # fails if a row is bad

verilator --lint-only -Wall --top-module gate_lines "${rtl[@]}"
iverilog -g2005 -Wall -s gate_lines -o "$work/lint" "${rtl[@]}"
compile "${rtl[@]}"
simulate

spoilt=0
spoil() { # SED_EXPRESSION: changes the modules; the testbench must fail
    for file in "${rtl[@]}"; do sed "$1" "$file" >"$work/$(basename "$file")"; done
    if cmp -s <(cat "${rtl[@]}") <(cat "$work/deadman.v" "$work/gate_lines.v"); then
        echo "test-rtl: nothing was changed by $1" >&2
        exit 1
    fi
    compile "$work/deadman.v" "$work/gate_lines.v"
    if simulate >"$work/rows" 2>&1; then
        echo "test-rtl: the testbench did not find $1" >&2
        exit 1
    fi
    spoilt=$((spoilt + 1))
}
spoil 's/if (!fresh || expired) armed <= 0;/if (expired) armed <= 0;/'
spoil 's/if (!fresh || expired) armed <= 0;/if (!fresh) armed <= 0;/'
spoil 's/else if (!permission_seen\[1\]) armed <= 1;/else armed <= 1;/'
spoil 's/else if (fresh) left <= left - 1/else if (0) left <= left - 1/'
spoil 's/if (toggled) left <= TIMEOUT;/if (heartbeat_seen[1]) left <= TIMEOUT;/'
spoil 's/if (toggled) left <= TIMEOUT;/if (!heartbeat_seen[1]) left <= TIMEOUT;/'
spoil 's/settled\[2\] \&\& //'
spoil 's/always @(posedge clk or negedge resetn)/always @(posedge clk)/'
spoil 's/^            armed <= 0;//'
spoil 's/^            left <= 0;//'
spoil 's/= armed \&\& permission/= armed \&\& permission_seen[1]/'
spoil 's/= armed \&\& permission/= permission/'
spoil 's/reg armed = 0/reg armed = 1/'
spoil 's/ \& ~gpio_t\[5:0\]//'
spoil 's/ left <= TIMEOUT;/ left <= TIMEOUT + 1;/'
spoil 's/ left <= TIMEOUT;/ left <= TIMEOUT - 1;/'
spoil 's/HAS_MAXIMUM \&\& //'
spoil 's/HAS_MAXIMUM \&\& on_left == 0/0/'
spoil 's/on_left == 0/on_left == 1/'
spoil 's/if (!permission_seen\[1\]) begin/if (!permission) begin/'
spoil 's/if (!permission_seen\[1\]) begin/if (toggled) begin/'
spoil 's/if (!permission_seen\[1\]) begin/if (!armed) begin/'
spoil '/if (!permission_seen\[1\]) begin/,/end else/s/on_left <= MAX_ON;//'
spoil '/if (!permission_seen\[1\]) begin/,/end else/s/part <= TIMEOUT;//'
spoil 's/on_left <= on_left - 1/on_left <= on_left - 1 - 1/'
spoil 's/else if (part != 1) part/else if (part != 0) part/'
spoil 's/, .MAX_ON_TIMEOUTS(MAX_ON_TIMEOUTS)//'
spoil 's/driven\[4:1\]/{driven[1], driven[4:2]}/'
spoil 's/{feedback, override_key, fire, ready, passed}/{feedback, fire, override_key, ready, passed}/'
spoil 's/lamps, permission}/lamps, driven[0]}/'
echo "test-rtl: $spoilt spoilt modules, each found by the testbench"

if command -v yosys >/dev/null; then # prints the size; no check depends on it
    yosys -q -p "read_verilog ${rtl[*]}; synth_xilinx -family xc7 -flatten -top gate_lines; tee -o $work/cells stat" \
        >/dev/null && sed -nE 's/^ +(LUT[0-9]|FD[CPRS]E|CARRY4) +/yosys, xc7: \1 /p' "$work/cells"
fi
