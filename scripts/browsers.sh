#!/bin/sh
# Makes sure that the browsers the tests drive are here: Chromium and Firefox, Debian's packages.
set -eu
missing=
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
command -v firefox-esr >/dev/null 2>&1 || command -v firefox >/dev/null 2>&1 || missing="$missing firefox-esr"
[ -n "$missing" ] || exit 0

if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    printf 'Installing%s for the browser tests\n' "$missing"
    # shellcheck disable=SC2086 # one word a package
    if apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing; then
        exit 0
    fi
fi
printf '\nsayso: the browser tests need%s. On Debian: sudo apt install%s; then run make test again.\n' \
    "$missing" "$missing" >&2
exit 1
