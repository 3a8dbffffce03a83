#!/usr/bin/env bash
# Makes the results in this folder on a host with an NVIDIA GPU, PyTorch and timm. Needs no network.
#
#   data/results/measure.sh OUT FORMAT BATCHES MODEL...
#
#   OUT      folder for <setup>.sqlite, .csv, .json and logs
#   FORMAT   torchscript | aoti
#   BATCHES  policies for `joulemark measure --batch`; for aoti the sizes to compile, e.g. 1,256
#
# Environment: JOULEMARK (the program), PRECISION=fp16, LAYOUT=channels_last, JOBS (exports at once), MAX_SECONDS
# per configuration, ARTEFACTS (scratch folder for exported models).
set -euo pipefail

out=$1 format=$2 batches=$3
shift 3
root=$(cd "$(dirname "$0")/../.." && pwd)
joulemark=${JOULEMARK:-$root/build/release/bin/joulemark}
python=${PYTHON:-python3}
precision=${PRECISION:-fp16}
layout=${LAYOUT:-channels_last}
artefacts=${ARTEFACTS:-$(mktemp -d)}
worker_build=${WORKER_BUILD:-/tmp/joulemark-worker-build}
mkdir -p "$out"

say() { printf '[%4ds] %s\n' "$SECONDS" "$*"; }

build_worker() {
  say "building the LibTorch worker against $("$python" -c 'import torch; print("torch", torch.__version__)')"
  cmake -S "$root/workers/torch" -B "$worker_build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DJOULEMARK_PYTHON="$(command -v "$python")" >"$out/worker-build.log" 2>&1
  cmake --build "$worker_build" >>"$out/worker-build.log" 2>&1
  JOULEMARK_WORKER_TORCH=$(find "$worker_build" -name joulemark-worker-torch -type f -perm -u+x | head -n 1)
  export JOULEMARK_WORKER_TORCH
}

export_models() {
  say "exporting $# models as $format"
  local batch_option=any
  [ "$format" = aoti ] && batch_option=$batches
  PYTHONPATH=$root/zoo/src "$python" -m joulemark_zoo export "$@" --format "$format" --precision "$precision" \
    --layout "$layout" --device cuda --batch "$batch_option" --weights "${WEIGHTS:-live}" --seed 1 --jobs "${JOBS:-8}" \
    --out "$artefacts" >"$out/export-$format.log" 2>&1 || say "some exports failed: see export-$format.log"
  [ -f "$artefacts/failures.json" ] && cp "$artefacts/failures.json" "$out/export-failures-$format.json"
  return 0
}

measure_models() {
  say "measuring"
  local policies=$batches status=0
  [ "$format" = aoti ] && policies=1,throughput
  "$joulemark" measure "$@" --runtime torch --format "$format" --precision "$precision" --layout "$layout" \
    --device cuda:0 --models "$artefacts" --db "$out/results-$format.sqlite" --batch "$policies" \
    --max-batch "${MAX_BATCH:-512}" --max-seconds "${MAX_SECONDS:-7}" || status=$?
  "$joulemark" export --db "$out/results-$format.sqlite" --format csv --out "$out/results-$format.csv"
  "$joulemark" export --db "$out/results-$format.sqlite" --format json --out "$out/results-$format.json"
  return $status
}

[ -n "${JOULEMARK_WORKER_TORCH:-}" ] || build_worker
"$joulemark" doctor >"$out/doctor.txt" 2>&1 || true
"$joulemark" doctor --json >"$out/doctor.json" 2>&1 || true
export_models "$@"
measure_models "$@"
say "done"
