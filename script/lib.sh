# shellcheck shell=bash
# What every script here shares. Source it first: it sets strict mode and moves to the repository's root.

set -euo pipefail
shopt -s inherit_errexit

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"

VENV=$ROOT/.venv
STARTED=$SECONDS

# Colour only where a person reads it.
if [[ -t 1 && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
  BOLD=$'\e[1m' DIM=$'\e[2m' RED=$'\e[31m' PLAIN=$'\e[0m'
else
  BOLD='' DIM='' RED='' PLAIN=''
fi

# say TEXT...: one step, with the seconds since the script began.
say() { printf '%s[%3d s]%s %s%s%s\n' "$DIM" $((SECONDS - STARTED)) "$PLAIN" "$BOLD" "$*" "$PLAIN"; }
# note TEXT...: a detail below a step.
note() { printf '        %s\n' "$*"; }
# die WHAT: NEXT STEP: the end of the script, in one line.
die() {
  printf '%s%s: %s%s\n' "$RED" "$(basename "$0")" "$*" "$PLAIN" >&2
  exit 1
}
# have PROGRAM...: true when all of them are on PATH.
have() {
  local program
  for program in "$@"; do command -v "$program" >/dev/null || return 1; done
}

# quietly COMMAND...: its output goes to a log, which is shown only when it fails.
quietly() {
  local log
  log=$(mktemp)
  if ! "$@" >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
}

# usage: the comment block at the head of the calling script is its help text.
usage() { awk 'NR == 1 { next } !/^#/ { exit } { sub(/^# ?/, ""); print }' "$0"; }

# Compilations that run at once: all CPUs, but no more than memory allows. The LibTorch sources need
# up to 1.5 GB each.
jobs() {
  local cpus gigabytes
  cpus=$(nproc)
  gigabytes=$(awk '/^MemAvailable:/ { print int($2 / 1048576) }' /proc/meminfo)
  local by_memory=$((gigabytes * 2 / 3))
  ((by_memory < 1)) && by_memory=1
  echo $((cpus < by_memory ? cpus : by_memory))
}

# build PRESET [FOLDER [CMAKE-ARGUMENT...]]: configures and builds a preset, in build/PRESET or build/FOLDER.
build() {
  local preset=$1 folder=${2:-$1}
  shift $(($# < 2 ? $# : 2))
  say "Build: cmake --preset $preset (build/$folder)"
  quietly cmake --preset "$preset" -B "build/$folder" "-DJOULEMARK_PYTHON=$VENV/bin/python" "$@" ||
    die "cmake could not configure (above). Run script/setup, then try again"
  cmake --build "build/$folder" -j "$(jobs)"
}
