#!/bin/sh
# Writes the two lock files from pyproject.toml. torch is left out on purpose: a CPU build of it is
# installed first (see the Makefile), and a hash would tie the lock to one platform's wheel.
set -eu
cd "$(dirname "$0")/.."
compile() {
    .venv/bin/pip-compile --quiet --generate-hashes --strip-extras --no-header --no-annotate \
        --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --unsafe-package torch \
        "$@" pyproject.toml
}
compile --output-file requirements/run.lock
compile --extra train --extra dev --constraint requirements/run.lock --output-file requirements/dev.lock
# pip-compile ends with a warning that torch is not pinned, which is what we want.
sed -i '/^# WARNING/,$d' requirements/run.lock requirements/dev.lock
