#!/bin/sh
# Makes what the other commands need, from nothing but sh, git, make and any Python from 3.8 on.
#
#   deploy/setup.sh environment   .venv with Python 3.13 and exactly the locked packages (the default)
#   deploy/setup.sh browser       a Chromium for the browser tests
#   deploy/setup.sh lock          both lock files anew from pyproject.toml (UPGRADE=1: newest versions)
#   deploy/setup.sh clean         removes what the other commands made
#
# Every failure is one sentence that says what to do; what the tools said is kept in .local/setup.log.
set -eu

CDPATH='' cd -- "$(dirname -- "$0")/.."
root=$(pwd -P)
log=.local/setup.log
stamp=.venv/installed
python_version=$(cat .python-version)
oldest_uv=8 # of 0.x

stop() {
    printf '%s\n' "$1" >&2
    exit 1
}

# ---------------------------------------------------------------------------- failures

# explain "What failed": one sentence with the cause, as far as the log shows it.
explain() {
    if [ ! -w .local ] || grep -qsiE 'no space left|os error 28|disk quota|quota exceeded' "$log"; then
        [ -w .local ] || stop "$1: this user may not write in $root/.local; run make as the user who owns it, or remove it."
        stop "$1: the disk is full; free about 2 GB where $root and the cache of uv lie, and run make again."
    fi
    if grep -qsiE 'permission denied|os error 13' "$log"; then
        stop "$1: a file or folder may not be written; $log names it. Make it writable, or run make as the user who owns it."
    fi
    if grep -qsiE 'hash mismatch|hashes? mismatch|do not match the hashes' "$log"; then
        stop "$1: a package is not the one that was locked (see $log); check the package index that pip or uv is set to."
    fi
    if grep -qsiE 'dns error|resolve host|name resolution|name or service|failed to fetch|error sending request|connection|connect error|timed out|unreachable|proxy|no matching distribution|newconnectionerror' "$log"; then
        stop "$1: the package index cannot be reached; check the network (or set UV_DEFAULT_INDEX or a proxy) and run make again."
    fi
    stop "$1: see $root/$log."
}

# quietly COMMAND …: its output goes to the log only.
quietly() {
    printf '\n$ %s\n' "$*" >>"$log"
    "$@" >>"$log" 2>&1 </dev/null
}

begin_log() {
    mkdir -p .local 2>/dev/null || stop "This user may not write in $root; run make as the user who owns it."
    : 2>/dev/null >"$log" || explain "Setting up failed"
}

# ---------------------------------------------------------------------------- uv

is_recent_uv() {
    version=$("$1" --version 2>/dev/null) || return 1
    version=${version#uv }
    major=${version%%.*}
    minor=${version#*.}
    minor=${minor%%.*}
    case "$major$minor" in '' | *[!0-9]*) return 1 ;; esac
    [ "$major" -gt 0 ] || [ "$minor" -ge "$oldest_uv" ]
}

# Sets `python` to any interpreter from 3.8 on. Names are tried because python3 may be an old one.
find_python() {
    for python in python3 python3.14 python3.13 python3.12 python3.11 python3.10 python3.9 python3.8 python; do
        if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 8))' >/dev/null 2>&1; then
            return 0
        fi
    done
    python=''
    return 1
}

# Sets `uv`: one on PATH, else one of our own in .local/uv.
find_uv() {
    uv=uv
    if is_recent_uv "$uv"; then return 0; fi
    uv=$root/.local/uv/bin/uv
    if is_recent_uv "$uv"; then return 0; fi
    find_python || stop "No Python from 3.8 on was found; install one (Debian: apt-get install python3 python3-venv) and run make again."
    rm -rf .local/uv
    if quietly "$python" -m venv .local/uv; then
        quietly .local/uv/bin/python -m pip install --quiet --no-input --disable-pip-version-check "uv>=0.$oldest_uv" ||
            explain "uv could not be installed"
    elif rm -rf .local/uv && quietly "$python" -m pip --version; then
        # Debian's Python without python3-venv: a folder of its own needs no environment.
        quietly "$python" -m pip install --quiet --no-input --disable-pip-version-check --target .local/uv "uv>=0.$oldest_uv" ||
            explain "uv could not be installed"
    else
        grep -qsiE 'no space left' "$log" && explain "uv could not be installed"
        stop "$python has neither venv nor pip; install one (Debian: apt-get install python3-venv), or uv itself, and run make again."
    fi
    is_recent_uv "$uv" || explain "uv was installed but does not run"
}

# Without a usable home folder uv has no place for its cache and for Pythons: give it one here.
give_uv_a_home() {
    cache=${UV_CACHE_DIR:-${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/uv}
    if [ -z "${UV_CACHE_DIR:-}" ] && ! mkdir -p "$cache" 2>/dev/null; then
        UV_CACHE_DIR=$root/.local/cache/uv
        export UV_CACHE_DIR
    fi
    pythons=${UV_PYTHON_INSTALL_DIR:-${XDG_DATA_HOME:-${HOME:-/nonexistent}/.local/share}/uv/python}
    if [ -z "${UV_PYTHON_INSTALL_DIR:-}" ] && ! mkdir -p "$pythons" 2>/dev/null; then
        UV_PYTHON_INSTALL_DIR=$root/.local/python
        export UV_PYTHON_INSTALL_DIR
    fi
}

# pip_setting NAME: from pip's configuration files; `pip config get` does not look into all of them.
pip_setting() {
    [ -n "${python:-}" ] || find_python || return 0
    "$python" -m pip config list 2>/dev/null |
        sed -n -e "s/^global\.$1='\(.*\)'\$/\1/p" -e "s/^install\.$1='\(.*\)'\$/\1/p" | sed -e 's/\\n/ /g' | head -n 1
}

# uv does not read pip's configuration. Where pip was told to use another index or certificate and
# uv was told nothing, uv gets the same.
use_index_of_pip() {
    if [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}${UV_CONFIG_FILE:-}" ] && [ ! -f /etc/uv/uv.toml ] &&
        [ ! -f "${XDG_CONFIG_HOME:-${HOME:-/nonexistent}/.config}/uv/uv.toml" ]; then
        index=${PIP_INDEX_URL:-$(pip_setting index-url)}
        if [ -n "$index" ]; then
            UV_DEFAULT_INDEX=$index
            export UV_DEFAULT_INDEX
        fi
    fi
    # The machine's own certificates know a company's proxy; those inside uv do not.
    if [ -z "${SSL_CERT_FILE:-}" ]; then
        for certificates in "${PIP_CERT:-$(pip_setting cert)}" /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt; do
            if [ -s "$certificates" ] && [ -z "${SSL_CERT_FILE:-}" ]; then
                SSL_CERT_FILE=$certificates
                export SSL_CERT_FILE
            fi
        done
    fi
}

# Additional indexes are only asked when the first attempt fails: they may hold other packages of
# the same names. The hashes of the lock decide what is installed, so any index may be asked.
use_additional_indexes_of_pip() {
    [ -z "${UV_INDEX:-}${UV_EXTRA_INDEX_URL:-}" ] || return 1
    additional=${PIP_EXTRA_INDEX_URL:-$(pip_setting extra-index-url)}
    [ -n "$additional" ] || return 1
    UV_INDEX=$additional
    UV_INDEX_STRATEGY=unsafe-best-match
    export UV_INDEX UV_INDEX_STRATEGY
}

# To uv, one index that cannot be reached is a failure, even when another has everything.
use_only_those() {
    UV_DEFAULT_INDEX=${UV_INDEX##* }
    export UV_DEFAULT_INDEX
}

# ---------------------------------------------------------------------------- environment

# What .venv was made from. The folder is part of it: scripts in .venv name it.
current_stamp() {
    printf '%s %s %s\n' "$(cksum <requirements-dev.lock)" "$python_version" "$root"
}

make_environment() {
    if [ -x .venv/bin/python ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(current_stamp)" ]; then
        return 0
    fi
    begin_log
    printf 'Setting up .venv (the first time takes a minute or two) …\n'
    find_uv
    give_uv_a_home
    use_index_of_pip
    if ! reusable_environment; then
        rm -rf .venv
        find_interpreter
        quietly "$uv" venv --python "$interpreter" .venv || {
            rm -rf .venv
            if grep -qsiE 'no space left|permission denied' "$log"; then explain "Python $python_version could not be set up"; fi
            stop "Python $python_version was not found and could not be downloaded; install it (for example: pyenv install $python_version, or uv python install $python_version where there is a network) and run make again."
        }
    fi
    rm -f "$stamp"
    sync_packages || { use_additional_indexes_of_pip && { sync_packages || { use_only_those && sync_packages; }; } } ||
        explain "The locked packages could not be installed"
    current_stamp >"$stamp" || explain "The environment could not be finished"
    printf 'Ready: %s in .venv.\n' "$(.venv/bin/python --version)"
}

# An environment of another Python, or of another folder, is made anew.
reusable_environment() {
    [ -x .venv/bin/python ] || return 1
    .venv/bin/python -c 'import sys; v, r = sys.argv[1:]; sys.exit("%d.%d" % sys.version_info[:2] != v or sys.prefix != r + "/.venv")' \
        "$python_version" "$root" >/dev/null 2>&1
}

# Sets `interpreter`: pyenv keeps versions that are not on PATH; uv finds or downloads all others.
find_interpreter() {
    interpreter=$python_version
    for candidate in "${PYENV_ROOT:-${HOME:-/nonexistent}/.pyenv}"/versions/"$python_version"*/bin/python"$python_version"; do
        if [ -x "$candidate" ] && ! "$uv" python find --no-python-downloads "$python_version" >/dev/null 2>&1; then
            interpreter=$candidate
        fi
    done
}

# Python keeps what it has compiled, unless it is told not to: then every process would compile all packages anew.
sync_packages() {
    quietly "$uv" pip sync --python .venv/bin/python --require-hashes --no-progress \
        ${PYTHONDONTWRITEBYTECODE:+--compile-bytecode} requirements-dev.lock
}

# ---------------------------------------------------------------------------- browser

find_browser() {
    for browser in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
        if [ -n "$browser" ] && "$browser" --version >/dev/null 2>&1; then return 0; fi
    done
    PLAYWRIGHT_BROWSERS_PATH=${PLAYWRIGHT_BROWSERS_PATH:-$root/.local/browsers}
    export PLAYWRIGHT_BROWSERS_PATH
    for browser in "$PLAYWRIGHT_BROWSERS_PATH"/chromium-*/chrome-*/chrome; do
        if "$browser" --version >/dev/null 2>&1; then return 0; fi
    done
    return 1
}

make_browser() {
    if find_browser; then return 0; fi
    begin_log
    printf 'Getting Chromium for the browser tests …\n'
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        quietly apt-get update -qq || true
        quietly env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium || true
        if find_browser; then return 0; fi
    fi
    quietly .venv/bin/python -m playwright install chromium || true
    if find_browser; then return 0; fi
    [ "${CI:-}" = true ] && explain "No Chromium could be had, and in CI the browser tests must run"
    printf 'No Chromium could be had (see %s), so the browser tests are skipped; install chromium or google-chrome to run them.\n' "$log" >&2
}

# ---------------------------------------------------------------------------- lock, clean

compile_lock() {
    output=$1
    shift
    # shellcheck disable=SC2086 # UPGRADE adds an option or none
    quietly "$uv" pip compile pyproject.toml --universal --python-version "$python_version" --generate-hashes \
        --no-emit-index-url --no-header --no-progress ${UPGRADE:+--upgrade} "$@" --output-file "$output" || explain "$output could not be made"
}

make_lock() {
    begin_log
    find_uv
    give_uv_a_home
    use_index_of_pip
    compile_lock requirements.lock
    compile_lock requirements-dev.lock --group dev --constraint requirements.lock
    printf 'requirements.lock and requirements-dev.lock are up to date.\n'
}

clean() {
    # A lock that is held belongs to running servers: their files must not vanish below them.
    if command -v flock >/dev/null 2>&1; then
        find .local -name users.lock 2>/dev/null | while IFS= read -r lock; do
            flock --exclusive --nonblock "$lock" true ||
                stop "Something still uses the servers in ${lock%/*}; end it (Ctrl-C in its terminal) and run make clean again."
        done || exit 1
    fi
    # Exactly what .gitignore names, except secrets, which a person wrote.
    if ! git clean -ffdqX -e '!.env' -e '!/deploy/secrets/' 2>/dev/null; then
        rm -rf .venv .local .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage .coverage.* htmlcov media staticfiles
    fi
    find . -type d -name __pycache__ -prune -exec rm -rf {} +
    if [ -e .venv ] || [ -e .local ]; then
        stop "Not all could be removed; run make clean as the user who made $root/.venv and $root/.local."
    fi
}

case "${1:-environment}" in
environment) make_environment ;;
browser) make_browser ;;
lock) make_lock ;;
clean) clean ;;
*) stop "deploy/setup.sh knows environment, browser, lock and clean, not $1." ;;
esac
