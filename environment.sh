#!/bin/sh
# Make .venv with the packages of requirements.lock: for `make`, which runs it as sh environment.sh [PYTHON].
# Every reason not to is told in one line, before anything is downloaded.
set -eu

VENV=.venv
NEEDED=7000    # MB: what the packages take

stop() {
    echo "error: $*" >&2
    exit 1
}

# Prints "3.12" if $1 runs and is a Python that the lock is for. Some are found and do not run, such as pyenv's shims.
version() {
    "$1" -c 'import sys; v = sys.version_info[:2]; print("%d.%d" % v); sys.exit(not (3, 11) <= v <= (3, 13))' 2>/dev/null
}

# Debian and Ubuntu have these two in a package of their own.
has_venv() {
    "$1" -c 'import venv, ensurepip' 2>/dev/null
}

# Free MB on the disk of $1.
free_on() {
    df -Pm "$1" | awk 'NR == 2 { print $4 }'
}

if [ -n "${1:-}" ]; then
    version "$1" >/dev/null || stop "PYTHON is $1, which is not a Python 3.11, 3.12 or 3.13 that runs; name another, or none"
else
    set -- python3.11 python3.12 python3.13 python3 python
    if before=$(version "$VENV/bin/python"); then    # a .venv that works keeps its Python
        set -- "python$before" "$@"
    fi
fi
python=
without_venv=
for candidate in "$@"; do
    version "$candidate" >/dev/null || continue
    if has_venv "$candidate"; then
        python=$candidate
        break
    fi
    without_venv=${without_venv:-$candidate}
done
if [ -z "$python" ] && [ -n "$without_venv" ]; then
    stop "$without_venv has no module venv or ensurepip; install them (Debian, Ubuntu: apt install python$(version "$without_venv")-venv)"
fi
[ -n "$python" ] || stop "no Python 3.11, 3.12 or 3.13 was found; install one (Debian, Ubuntu: apt install python3.12 python3.12-venv, or the 3.11 or 3.13 that your release has; conda create --name faces python=3.12), or name it: make repro PYTHON=/path/to/python3.12"

there=$(du -sm "$VENV" 2>/dev/null | cut -f1)    # what is replaced
free=$(free_on .)
[ $((free + ${there:-0})) -ge $NEEDED ] || stop "the packages need $NEEDED MB on the disk of $PWD, which has $free MB free; free some, or clone to a larger disk"

# uv unpacks packages into its cache in the home folder and links them. A home that is too small for them is left alone.
if [ -z "${UV_CACHE_DIR:-}" ] && { [ ! -d "${HOME:-}" ] || [ "$(free_on "$HOME")" -lt $NEEDED ]; }; then
    own_cache=$PWD/.venv-cache
    export UV_CACHE_DIR="$own_cache"
    trap 'rm -rf "$own_cache"' EXIT
fi

# One of another Python, or half made, is made anew.
clear=
[ "$("$VENV/bin/python" --version 2>/dev/null || true)" = "$("$python" --version)" ] || clear=--clear

echo "$VENV: packages for $("$python" --version), $NEEDED MB; a few minutes where they have to be downloaded"
"$python" -m venv $clear "$VENV"
"$VENV/bin/python" -m pip install --quiet --require-hashes -r requirements-uv.lock
"$VENV/bin/uv" pip install --quiet --python "$VENV/bin/python" --require-hashes -r requirements.lock
# The project itself comes last and without dependencies, so that its `dvc` takes the place of DVC's.
"$VENV/bin/uv" pip install --quiet --python "$VENV/bin/python" --no-deps --editable .
