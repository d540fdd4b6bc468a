# Functions for suites that boot a kernel: Debian 12's kernel, and gpio-sim as a module. Source image_functions.sh first.

need_kernel_tools() {
    need gcc gcc
    need make make
    need gcc-12 gcc-12
    need xz xz-utils
    dpkg -s libelf1 >/dev/null 2>&1 || die "libelf1 is missing (modpost needs it)"
}

# Leaves $work/kernel, the unpacked package of the kernel, and $work/gpio-sim-oot.ko; sets kernel_release.
build_kernel() { # KBUILD
    local package abi deb headers
    refresh
    package=$(apt-cache depends linux-image-amd64 | sed -n 's/^ *Depends: linux-image-\(6\.1\.0-.*-amd64\)$/\1/p')
    [ -n "$package" ] || die "Debian 12's linux-image-amd64 is not in the package lists (is this bookworm?)"
    kernel_release=$package
    abi=${package%-amd64}
    mkdir "$work/debs" "$work/kernel" "$work/headers" "$work/source" "$work/module"
    (cd "$work/debs" && apt-get download -qq "linux-image-$package" "linux-headers-$package" "linux-headers-$abi-common" \
        linux-kbuild-6.1 linux-source-6.1 2>/dev/null) || die "the kernel's packages cannot be downloaded"
    dpkg -x "$work"/debs/linux-image-*.deb "$work/kernel"
    for deb in "$work"/debs/linux-headers-*.deb "$work"/debs/linux-kbuild-*.deb; do dpkg -x "$deb" "$work/headers"; done
    # tar stops after the three files, and the first program reports a broken pipe.
    (dpkg --fsys-tarfile "$work"/debs/linux-source-*.deb 2>/dev/null |
        tar -xO ./usr/src/linux-source-6.1.tar.xz 2>/dev/null || true) |
        tar -xJ -C "$work/source" --occurrence=1 --strip-components=1 linux-source-6.1/drivers/gpio/gpio-sim.c \
            linux-source-6.1/drivers/gpio/gpiolib.h linux-source-6.1/kernel/irq/irq_sim.c ||
        die "the kernel's source lacks gpio-sim"

    # Debian's kernels have neither gpio-sim nor irq_sim.c, which it needs: both go into one module.
    cp "$work"/source/drivers/gpio/gpio* "$work/source/kernel/irq/irq_sim.c" "$1" "$work/module/"
    # The same call with a function that the kernel exports to modules.
    sed -i 's/handle_simple_irq(irq_to_desc(irqnum))/generic_handle_irq(irqnum)/' "$work/module/irq_sim.c"
    # gpio-sim resets a line when it is released. The board's drivers (gpio-zynq, gpio-xilinx) do not, which makes a killed
    # process dangerous. So the line must keep its level here too.
    sed -i '/gc->free = gpio_sim_free;/d; s/^static void gpio_sim_free/static void __maybe_unused gpio_sim_free/' \
        "$work/module/gpio-sim.c"
    # Use the name of the board's driver, since udev's rule for the chip matches it.
    sed -i 's/^\(\t\t\.name = \)"gpio-sim",/\1"zynq-gpio",/; s/pdevinfo\.name = "gpio-sim"/pdevinfo.name = "zynq-gpio"/
        s/"gpio-sim\.%/"zynq-gpio.%/' "$work/module/gpio-sim.c"
    [ "$(grep -c '"zynq-gpio' "$work/module/gpio-sim.c")" = 5 ] || die "gpio-sim has changed: it does not take the driver's name"
    headers=$work/headers/usr/src/linux-headers-$package
    sed -i "s|include /usr/src|include $work/headers/usr/src|" "$headers/Makefile"
    make -s -C "$headers" "M=$work/module" CC=gcc-12 modules >"$work/module.log" 2>&1 ||
        { tail -5 "$work/module.log" >&2; die "gpio-sim does not build"; }
    strip --strip-debug "$work/module/gpio-sim-oot.ko"
    mv "$work/module/gpio-sim-oot.ko" "$work/"
}

# Copies modules of the kernel, and all that they need, to a folder: their names begin with numbers in the order of loading.
copy_modules() { # FOLDER MODULE...
    local folder=$1 module word file options name number=100
    shift
    need depmod kmod
    depmod -b "$work/kernel" "$kernel_release"
    for module in "$@"; do
        while read -r word file options; do
            [ "$word" = insmod ] || continue
            name=$(basename "$file")
            ls "$folder"/*-"$name" >/dev/null 2>&1 || cp "$file" "$folder/$number-$name"
            number=$((number + 1))
        done < <(modprobe --dirname "$work/kernel" --set-version "$kernel_release" --show-depends "$module")
        ls "$folder"/*-"$module.ko" >/dev/null || die "the kernel's package has no $module"
    done
    cp "$work/gpio-sim-oot.ko" "$folder/$number-gpio-sim-oot.ko"
}
