#!/bin/sh
# Installs the broker, the database and the browser that some tests start for themselves, where there is apt-get and the
# right to use it. Without them those tests skip, and say so.
set -eu

missing=""
command -v mosquitto >/dev/null || [ -x /usr/sbin/mosquitto ] || missing="mosquitto"
command -v postgres >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null ||
    missing="$missing chromium fonts-noto-cjk"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -eq 0 ]; then
    as_root=""
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    echo "wattbook: $missing cannot be installed without root or sudo" >&2
    exit 1
fi
command -v apt-get >/dev/null || {
    echo "wattbook: no apt-get; install $missing as this system does" >&2
    exit 1
}
$as_root apt-get update -q
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
