#!/usr/bin/env bash
# build.sh FINN_DIR NETWORK [--flavour paper|deep] [--board pynq-z1|arty-z7-10] [...]: the whole build in FINN's container.
# FINN_DIR: a clone of github.com/Xilinx/finn. FINN_XILINX_PATH and FINN_XILINX_VERSION=2022.2 say where Vivado is.
set -euo pipefail
if (($# < 2)); then
    sed -n '2,3s/^# //p' "$0" >&2
    exit 2
fi
root=$(realpath "$(dirname "$0")/../..")
finn=$(realpath "$1")
: "${FINN_XILINX_PATH:?set it to the folder that has Vivado/ in it, e.g. /tools/Xilinx}"
export FINN_XILINX_VERSION=${FINN_XILINX_VERSION:-2022.2}
export FINN_HOST_BUILD_DIR=${FINN_HOST_BUILD_DIR:-$root/work/finn/tmp}
# FINN's script splits the command at blanks and starts in its own folder, so the command is in a file.
mkdir -p "$root/work/finn"
command=$root/work/finn/command.sh
{
    printf 'set -e\ncd %q\n' "$root"
    # The bundle's loader imports a module that needs OpenCV, which FINN's image does not have.
    printf 'python -m pip install --quiet --user opencv-python-headless "numpy<2"\n'
    printf 'PYTHONPATH=.:daemon python -m overlays.finn.build --out work/finn'
    printf ' %q' "${@:2}"
    printf '\n'
} >"$command"
cd "$finn"
FINN_DOCKER_EXTRA="${FINN_DOCKER_EXTRA:-} -v $root:$root" exec ./run-docker.sh bash "$command"
