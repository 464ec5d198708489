#!/bin/sh
# Starts the server in the foreground; with BROWSER=1 also a browser with the extension on the sample post.
set -eu
cd "$(dirname "$0")/.."

port=${SAYSO_PORT:-8377}
dist=$PWD/extension/dist

# Only "1": desktops and editors export BROWSER with other values.
if [ "${BROWSER:-}" != 1 ]; then
    cat <<TEXT

Load the extension once:
  Chrome, Chromium, Edge   chrome://extensions > Developer mode > Load unpacked > $dist
  Firefox                  about:debugging#/runtime/this-firefox > Load Temporary Add-on > $dist/manifest.json
Then open a blog post and press Sayso's button in the toolbar (in Chrome it waits behind the puzzle piece).

TEXT
    exec .venv/bin/sayso serve
fi

browser=
for candidate in chromium chromium-browser google-chrome firefox firefox-esr; do
    if command -v "$candidate" >/dev/null 2>&1; then
        browser=$candidate
        break
    fi
done
if [ -z "$browser" ]; then
    echo "sayso: BROWSER=1 needs Chromium, Chrome or Firefox, and none is on the PATH. Install one, or use plain: make run" >&2
    exit 1
fi

.venv/bin/sayso serve &
server=$!
web_ext=
scratch=$(mktemp -d)
# However this ends (Ctrl-C, a closed terminal, a server that died), the browser and its profile go too.
# TERM, not INT: Ctrl-C has already reached the server, and a second INT means "at once" to it.
stop() {
    status=$?
    trap - INT TERM HUP EXIT
    [ -z "$web_ext" ] || kill "$web_ext" 2>/dev/null || true
    kill "$server" 2>/dev/null || true
    wait || true
    # Chromium writes on for a moment after web-ext has gone.
    for _ in 1 2 3 4 5 6; do rm -rf "$scratch" 2>/dev/null && break; sleep 0.5; done
    exit "$status"
}
trap 'exit 0' INT TERM HUP
trap stop EXIT

until .venv/bin/python -c "import urllib.request as u; u.urlopen('http://127.0.0.1:$port/health', timeout=1)" 2>/dev/null; do
    sleep 0.2
    kill -0 "$server" 2>/dev/null || break
done
# What answered may be another server, because of which this one has given up: it has said so.
sleep 0.5
kill -0 "$server" 2>/dev/null || wait "$server"
case $browser in
firefox*) set -- --target firefox-desktop --firefox "$browser" ;;
*)
    set -- --target chromium --chromium-binary "$(command -v "$browser")"
    # Chromium has no sandbox for root.
    [ "$(id -u)" != 0 ] || set -- "$@" --args=--no-sandbox
    ;;
esac
# Not through npx, which passes no signal on.
(cd extension && TMPDIR=$scratch exec node node_modules/web-ext/bin/web-ext.js run --source-dir dist \
    --no-reload --no-input --start-url "http://127.0.0.1:$port/sample" "$@") >/dev/null &
web_ext=$!
wait "$server"
