#!/bin/sh
# Brings a fresh checkout to where Sayso runs (`setup.sh run`) or is developed and tested (`setup.sh dev`).
# Each step leaves a stamp named after what it was made from, so that doing it again costs nothing.
# A failure ends with one line, beginning "sayso:", that says what to do.
set -eu
cd "$(dirname "$0")/.."

goal=${1:?run or dev}
python=${PYTHON:-python3}
needed_mb=2700

if [ -t 1 ]; then bold='\033[1m' plain='\033[0m'; else bold='' plain=''; fi
say() { printf "$bold%s$plain\n" "$1"; }
fail() {
    printf '\nsayso: %s\n' "$1" >&2
    exit 1
}
free_mb() { df -Pm . | awk 'NR==2 {print $4}'; }
hash_of() { cat "$@" | cksum | tr -d ' \t'; }
# After a failed download: the disk is the likelier cause when it is nearly full.
blame() {
    [ "$(free_mb)" -ge 200 ] ||
        fail "the disk is full ($(free_mb) MB left). Free about $needed_mb MB and run the same command again."
    fail "$1 could not be installed; the lines above say why. If the network is down, run the same command again when it is back: it goes on where it stopped."
}

stamp_of() { printf '.venv/.sayso-%s-%s' "$1" "$(hash_of "requirements/$1.lock" pyproject.toml)"; }
lock=requirements/$goal.lock
python_stamp=$(stamp_of "$goal")
# Whoever develops has all that running takes.
[ ! -e "$(stamp_of dev)" ] || python_stamp=$(stamp_of dev)
node_stamp=extension/node_modules/.sayso-$(hash_of extension/package.json extension/package-lock.json)
# Everything that goes into the built extension.
build_hash=$(find extension -name node_modules -prune -o -path extension/dist -prune -o -type f -print0 |
    sort -z | xargs -0 cat | cksum | tr -d ' \t')
build_stamp=extension/node_modules/.sayso-build-$build_hash

# Checked at every start, since both commands are needed again and again.
command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 ||
    fail "Node.js is missing: Sayso builds its browser extension with it. Install Node 20 or newer with npm (nodejs.org, or your system's packages), then run the same command again."
node_major=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
[ "$node_major" -ge 20 ] ||
    fail "Node.js $(node --version) is too old. Install Node 20 or newer, then run the same command again."

if [ ! -e "$python_stamp" ]; then
    suits() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
    for candidate in "$python" python3.13 python3.12 python3.11; do
        if suits "$candidate"; then
            found=$candidate
            break
        fi
    done
    [ -n "${found:-}" ] ||
        fail "Python 3.11 or newer is missing ('$python' is $("$python" --version 2>/dev/null || echo "not there")). Install it, or name one: make run PYTHON=python3.11"
    python=$found
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        fail "this Python cannot make virtual environments. On Debian or Ubuntu: apt install python3-venv; then run the same command again."
    [ -x .venv/bin/python ] || [ "$(free_mb)" -ge "$needed_mb" ] ||
        fail "only $(free_mb) MB are free here and the installation takes about $needed_mb MB. Free some space and run the same command again."
    if ! [ -x .venv/bin/python ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
        say "Python environment in .venv"
        "$python" -m venv --clear .venv || blame "the Python environment"
    fi
    pip() { .venv/bin/python -m pip --disable-pip-version-check "$@"; }
    if ! .venv/bin/python -c 'import importlib.metadata as m; assert m.version("torch").split("+")[0] == "2.13.0"' 2>/dev/null; then
        say "torch (about 200 MB; a few minutes on a slow line)"
        # The index of PyTorch's CPU builds, where the usual one holds only the CUDA build (see the README).
        # shellcheck disable=SC2086 # no word where TORCH_INDEX is empty
        pip install ${TORCH_INDEX:+--index-url $TORCH_INDEX} torch==2.13.0 || blame torch
    fi
    say "Python packages ($lock)"
    pip install --quiet --no-deps --require-hashes --requirement "$lock" || blame "the Python packages"
    # setuptools warns at length about every editable installation.
    PYTHONWARNINGS=ignore pip install --quiet --no-deps --no-build-isolation --editable . || blame "Sayso itself"
    rm -f .venv/.sayso-"$goal"-*
    : >"$python_stamp"
fi

if [ ! -e "$node_stamp" ]; then
    say "Node packages for the extension"
    (cd extension && npm ci --no-audit --no-fund --loglevel=error) || blame "the Node packages"
    : >"$node_stamp"
fi
if [ ! -e "$build_stamp" ] || [ ! -e extension/dist/manifest.json ]; then
    say "Browser extension in extension/dist"
    (cd extension && npm run --silent build) || fail "the extension did not build; the lines above say why."
    rm -f extension/node_modules/.sayso-build-*
    : >"$build_stamp"
fi

# The default model's weights as transformers reads them, three times as large as in the repository.
released=models/weights/default/weights.safetensors.gz
weights_stamp=.venv/.sayso-weights-$(hash_of "$released")
if [ ! -e "$weights_stamp" ] || [ ! -e models/weights/default/model.safetensors ]; then
    say "Weights in models/weights/default"
    .venv/bin/python -m models.compact models/weights/default >/dev/null ||
        fail "the weights could not be unpacked; the lines above say why. If $released is spoilt, 'git checkout $released' restores it."
    rm -f .venv/.sayso-weights-*
    : >"$weights_stamp"
fi
