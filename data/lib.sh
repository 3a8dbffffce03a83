# shellcheck shell=bash
# What the scripts share that measure on a machine. Source it.

# say TEXT...: one step, with the seconds since the script began.
say() { printf '[%4ds] %s\n' "$SECONDS" "$*"; }

# worker_of BUILD PYTHON LOG: the path of a worker for the torch of that Python, built in the folder BUILD where it is not
# there already. What the build said is in LOG, and its end on stderr when it fails.
worker_of() {
  local build=$1 python=$2 log=$3 root
  root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
  {
    cmake -S "$root/workers/torch" -B "$build" -DCMAKE_BUILD_TYPE=Release \
      -DJOULEMARK_PYTHON="$(command -v "$python")" &&
      cmake --build "$build" -j "$(nproc)"
  } >"$log" 2>&1 || { tail -n 20 "$log" >&2; return 1; }
  echo "$build/joulemark-worker-torch"
}
