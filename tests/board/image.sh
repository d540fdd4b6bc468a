#!/usr/bin/env bash
# Builds, once, what the virtual board boots: Debian 12's own kernel, gpio-sim as a module for it, and a root file
# system with Python and what the daemon needs from outside. Prints the folder that holds kernel, root.cpio.
#
#   image.sh PYTHON REQUIREMENT...      PYTHON has pip; REQUIREMENTs go into the image as wheels
#
# Nothing is installed on this machine but tools that are missing, and those only by root; else they are named.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
python=$1
shift
requirements=("$@")

die() { echo "test-board: $*" >&2; exit 1; }
say() { echo "test-board: $*" >&2; }

refreshed=""
refresh() { # the package lists, at most once
    [ -n "$refreshed" ] || apt-get update -qq >&2 || die "apt-get update failed"
    refreshed=yes
}

need() { # PROGRAM PACKAGE
    command -v "$1" >/dev/null && return
    command -v apt-get >/dev/null || die "$1 is missing (Debian's package $2)"
    [ "$(id -u)" = 0 ] || die "$1 is missing: apt install $2"
    say "installing $2"
    refresh
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2" >/dev/null || die "$2 cannot be installed"
    command -v "$1" >/dev/null || die "$2 was installed, and yet there is no $1"
}

need qemu-system-x86_64 qemu-system-x86
need cpio cpio
need gcc gcc
[ -e "$(gcc -print-file-name=libc.a)" ] || die "libc.a is missing: apt install libc6-dev"
[ "$(uname -m)" = x86_64 ] || die "the virtual board needs an x86-64 machine"

key=$(cat "$here/image.sh" "$here/Kbuild" <(printf '%s\n' "${requirements[@]}") | sha256sum | cut -c1-16)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/binarycop-board
image=$cache/$key
if [ -e "$image/root.cpio" ]; then
    echo "$image"
    exit
fi

[ "$(id -u)" = 0 ] || die "root is needed to build the image, once (mmdebstrap, device nodes)"
say "building the image, once: $image"
need mmdebstrap mmdebstrap
need make make
need gcc-12 gcc-12
need xz xz-utils
dpkg -s libelf1 >/dev/null 2>&1 || die "libelf1 is missing (modpost needs it)"
work=$cache/$key.$$
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"
cd "$work"

# The kernel: its image, the headers to build against, and two files of its source.
refresh
package=$(apt-cache depends linux-image-amd64 | sed -n 's/^ *Depends: linux-image-\(6\.1\.0-.*-amd64\)$/\1/p')
[ -n "$package" ] || die "Debian 12's linux-image-amd64 is not in the package lists (is this bookworm?)"
abi=${package%-amd64}
mkdir debs
(cd debs && apt-get download -qq "linux-image-$package" "linux-headers-$package" "linux-headers-$abi-common" \
    linux-kbuild-6.1 linux-source-6.1 2>/dev/null) || die "the kernel's packages cannot be downloaded"
mkdir kernel headers
dpkg -x debs/linux-image-*.deb kernel
for deb in debs/linux-headers-*.deb debs/linux-kbuild-*.deb; do dpkg -x "$deb" headers; done
# The unpacker stops once it has the three files, and the packer complains about that.
(dpkg --fsys-tarfile debs/linux-source-*.deb 2>/dev/null | tar -xO ./usr/src/linux-source-6.1.tar.xz 2>/dev/null || true) |
    tar -xJ --occurrence=1 --strip-components=1 linux-source-6.1/drivers/gpio/gpio-sim.c \
        linux-source-6.1/drivers/gpio/gpiolib.h linux-source-6.1/kernel/irq/irq_sim.c || die "the kernel's source lacks gpio-sim"

# gpio-sim is in no Debian kernel, and irq_sim.c, which it stands on, neither: both go into one module.
mkdir module
cp drivers/gpio/gpio-sim.c drivers/gpio/gpiolib.h kernel/irq/irq_sim.c "$here/Kbuild" module/
# The same call by a function that the kernel exports to modules.
sed -i 's/handle_simple_irq(irq_to_desc(irqnum))/generic_handle_irq(irqnum)/' module/irq_sim.c
# gpio-sim resets a line that is let go. The drivers of a gate's board (gpio-zynq, gpio-xilinx) do not, which is what
# makes a killed process dangerous: so here, too, a line keeps its level.
sed -i '/gc->free = gpio_sim_free;/d; s/^static void gpio_sim_free/static void __maybe_unused gpio_sim_free/' module/gpio-sim.c
headers=$work/headers/usr/src/linux-headers-$package
sed -i "s|include /usr/src|include $work/headers/usr/src|" "$headers/Makefile"
make -s -C "$headers" "M=$work/module" CC=gcc-12 modules >module.log 2>&1 || { tail -5 module.log >&2; die "gpio-sim does not build"; }
strip --strip-debug module/gpio-sim-oot.ko

# The root file system: Debian's Python, and the daemon's requirements as wheels (Debian's OpenCV needs 400 MB of desktop).
mmdebstrap --quiet --variant=essential --include=python3,libstdc++6,busybox-static \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/zoneinfo/*' \
    bookworm root >mmdebstrap.log 2>&1 || { tail -5 mmdebstrap.log >&2; die "the root file system cannot be built"; }
"$python" -m pip install --quiet --disable-pip-version-check --target root/opt/site --python-version 3.11 \
    --only-binary=:all: "${requirements[@]}" || die "the daemon's requirements cannot be had as wheels"
find root/opt/site -type d -name tests -prune -exec rm -rf {} +
rm -rf root/usr/share/perl* root/usr/lib/x86_64-linux-gnu/{perl,perl-base,gconv} root/var/cache/* root/dev
mkdir -p root/dev root/opt/modules
PYTHONPATH=/opt/site chroot root python3 -c 'import cv2, gpiozero, numpy, yaml' || die "Python in the image does not import what the daemon needs"
cp module/gpio-sim-oot.ko "$(find kernel/lib/modules -name configfs.ko)" root/opt/modules/
(cd root && find . | cpio -o -H newc --quiet) >root.cpio
cp kernel/boot/vmlinuz-* kernel.bin

mkdir -p "$image"
mv kernel.bin "$image/kernel"
mv root.cpio "$image/root.cpio"  # last: its presence says that the image is whole
find "$cache" -mindepth 1 -maxdepth 1 -mtime +14 ! -path "$image" -exec rm -rf {} + # of recipes that are past
echo "$image"
