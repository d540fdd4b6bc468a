# Functions for the image.sh of each suite, which sets suite= to its name and then sources this file. An image is built
# once and kept. Only missing tools are installed on this machine, and only by root; else the script names them.

die() { echo "$suite: $*" >&2; exit 1; }
say() { echo "$suite: $*" >&2; }

as_root() { [ "$(id -u)" = 0 ] || die "root is needed ($*)"; }

on_x86_64() { [ "$(uname -m)" = x86_64 ] || die "an x86-64 machine is needed"; }

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
    command -v "$1" >/dev/null || die "$2 was installed, but there is no $1"
}

# Prints the image of this recipe and exits, if there is one; else makes an empty folder $work for it.
image_of() { # RECIPE... (files)
    local key
    key=$(cat "$(dirname "${BASH_SOURCE[0]}")/image_functions.sh" "$@" | sha256sum | cut -c1-16)
    cache=${XDG_CACHE_HOME:-$HOME/.cache}/binarycop-${suite#test-}
    image=$cache/$key
    if [ -d "$image" ]; then
        echo "$image"
        exit
    fi
    as_root "to build the image once: mmdebstrap, device nodes"
    say "building the image (once): $image"
    need mmdebstrap mmdebstrap
    work=$cache/$key.$$
    trap 'rm -rf "$work"' EXIT
    mkdir -p "$work"
}

keep() { # FOLDER becomes the image. This is the last step: an image that exists is complete.
    mv "$1" "$image"
    find "$cache" -mindepth 1 -maxdepth 1 -mtime +14 ! -path "$image" -exec rm -rf {} + # images of old recipes
    echo "$image"
}

debian() { # FOLDER PACKAGE,PACKAGE... [OPTION...]
    mmdebstrap --quiet --include="$2" --dpkgopt='path-exclude=/usr/share/doc/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/man/*' "${@:3}" \
        bookworm "$1" >"$work/log" 2>&1 || { tail -5 "$work/log" >&2; die "the Debian tree cannot be built"; }
}

wheels() { # PYTHON FOLDER ARGUMENT...      for Debian 12's Python
    "$1" -m pip install --quiet --disable-pip-version-check --target "$2" --python-version 3.11 --only-binary=:all: \
        "${@:3}" || die "these are not available as wheels: ${*:3}"
}
