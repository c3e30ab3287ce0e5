#!/bin/sh
# Says in one line what is missing, before anything is installed. $1 is the Python to build the environment with.
fail() {
    echo "wattbook: $1" >&2
    exit 1
}

command -v "$1" >/dev/null ||
    fail "no $1; install Python 3.11 or newer, or say which one: make setup PYTHON=python3.12"
"$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "$1 is $("$1" --version 2>&1); install Python 3.11 or newer, or say which one: make setup PYTHON=python3.12"
"$1" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "$1 has no venv module; install it (Debian, Ubuntu: apt-get install python3-venv)"
command -v npm >/dev/null && command -v node >/dev/null ||
    fail "no node or no npm; install Node.js 20 or newer"
node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' ||
    fail "node is $(node --version); install Node.js 20 or newer"
