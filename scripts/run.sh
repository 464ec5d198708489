#!/bin/sh
# Starts the server in the foreground; with BROWSER=1 also a browser with the extension on the sample post.
set -eu
cd "$(dirname "$0")/.."

port=${SAYSO_PORT:-8377}
dist=$PWD/extension/dist

cat <<TEXT

Load the extension once:
  Chrome, Chromium, Edge   chrome://extensions > Developer mode > Load unpacked > $dist
  Firefox                  about:debugging#/runtime/this-firefox > Load Temporary Add-on > $dist/manifest.json
Then open a blog post and press Sayso's button in the toolbar.

TEXT

if [ -z "${BROWSER:-}" ] || [ "${BROWSER}" = 0 ]; then
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
# Ctrl-C reaches the whole group; the server ends by itself and the browser is told to.
stop() {
    trap - INT TERM
    [ -z "$web_ext" ] || kill "$web_ext" 2>/dev/null || true
    kill -INT "$server" 2>/dev/null || true
    wait "$server" || true
    exit 0
}
trap stop INT TERM

until .venv/bin/python -c "import urllib.request as u; u.urlopen('http://127.0.0.1:$port/health', timeout=1)" 2>/dev/null; do
    kill -0 "$server" 2>/dev/null || { wait "$server"; exit $?; }
    sleep 0.2
done
case $browser in
firefox*) set -- --target firefox-desktop --firefox "$browser" ;;
*)
    set -- --target chromium --chromium-binary "$(command -v "$browser")"
    # Chromium has no sandbox for root.
    [ "$(id -u)" != 0 ] || set -- "$@" --args=--no-sandbox
    ;;
esac
(cd extension && exec npx --no-install web-ext run --source-dir dist --no-reload --no-input \
    --start-url "http://127.0.0.1:$port/sample" "$@") >/dev/null &
web_ext=$!
wait "$server"
