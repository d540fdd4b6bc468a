#!/usr/bin/env bash
# What cost.py needs in addition to the tree of image.sh: qemu with plug-ins, a plug-in that counts instructions, and ncnn
# and the kernel for the board's processor. Prints the folder of plug-in and ncnn.
#
#   cost.sh PYTHON        whose pip fetches ncnn
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
suite=test-armhf
. "$here/../image_functions.sh"
ncnn=$here/../../../deploy/ncnn-armhf.txt # the release in the package

need qemu-arm qemu-user
need cc gcc
# The compiler of image.sh comes without the headers of its C library, which the kernel includes.
[ -e /usr/arm-linux-gnueabihf/include/stdint.h ] ||
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libc6-dev-armhf-cross >/dev/null ||
    die "the C library's headers for armhf are missing: apt install libc6-dev-armhf-cross"
folder=${XDG_CACHE_HOME:-$HOME/.cache}/binarycop-armhf-cost
mkdir -p "$folder"
cc -O2 -fPIC -shared -o "$folder/count.so" "$here/count.c" >&2 || die "the plug-in cannot be built"
if [ ! "$folder/ncnn" -nt "$ncnn" ]; then
    rm -rf "$folder"/ncnn*
    "$1" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --python-version 3.11 \
        --implementation cp --platform manylinux_2_31_armv7l --dest "$folder" --require-hashes -r "$ncnn" >&2 ||
        die "ncnn cannot be downloaded from PyPI"
    "$1" -m zipfile -e "$folder"/ncnn-*.whl "$folder" >&2
fi
# The tree has no gpiozero. The kernel lies beside its source, where the daemon looks for it.
[ -d "$folder/python" ] ||
    "$1" -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder/python" gpiozero colorzero >&2 ||
    die "gpiozero cannot be downloaded from PyPI"
"$1" -m binarycop.classifier.native.build --cc arm-linux-gnueabihf-gcc --machine armv7l >&2 ||
    die "the kernel cannot be compiled; apt install gcc-arm-linux-gnueabihf"
echo "$folder"
