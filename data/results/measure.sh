#!/usr/bin/env bash
# Makes a set of results on one machine: exports models, measures them, and leaves everything in a folder.
# Needs PyTorch, timm, CMake, a C++20 compiler and the headers of nlohmann's JSON; no network.
#
#   data/results/measure.sh OUT FORMAT BATCHES [MODEL...]
#
#   OUT      folder for results.sqlite, rows.csv, runs.jsonl and logs; a second call adds to its database
#   FORMAT   torchscript | aoti
#   BATCHES  torchscript: policies for `joulemark measure --batch`, e.g. 1,throughput
#            aoti: the sizes to compile, e.g. 1,256; measured are the policies 1 and throughput among them
#   MODEL    timm's names; those of data/results/architectures.txt when none is given
#
# Environment (default): DEVICE (cuda), PRECISION (fp16), LAYOUT (channels_last), MAX_BATCH (512),
# MAX_SECONDS (9) per configuration, JOBS (8) exports at once, BUDGET (no limit) seconds for all: what is
# complete by then is kept. JOULEMARK and JOULEMARK_WORKER_TORCH (built where not given) name programs,
# ARTEFACTS and WORKER_BUILD folders for what is made on the way, PYTHON the interpreter.
set -euo pipefail

[ $# -ge 3 ] || { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; exit 2; }
mkdir -p "$1"
out=$(cd "$1" && pwd) format=$2 batches=$3
shift 3
root=$(cd "$(dirname "$0")/../.." && pwd)
joulemark=${JOULEMARK:-$root/build/release/bin/joulemark}
python=${PYTHON:-python3}
device=${DEVICE:-cuda} precision=${PRECISION:-fp16} layout=${LAYOUT:-channels_last}
artefacts=${ARTEFACTS:-$(mktemp -d)}
worker_build=${WORKER_BUILD:-/tmp/joulemark-worker-build}
database=$out/results.sqlite
if [ $# -eq 0 ]; then
  mapfile -t models < <(grep -v '^#' "$root/data/results/architectures.txt")
else
  models=("$@")
fi

# shellcheck source=../lib.sh
. "$root/data/lib.sh"

build_worker() {
  say "worker: building against $("$python" -c 'import torch; print("torch", torch.__version__)')"
  JOULEMARK_WORKER_TORCH=$(worker_of "$worker_build" "$python" "$out/worker-build.log")
  export JOULEMARK_WORKER_TORCH
}

export_models() {
  say "export: ${#models[@]} models as $format"
  local compiled=any
  [ "$format" = aoti ] && compiled=$batches
  PYTHONPATH=$root/zoo/src "$python" -m joulemark_zoo export "${models[@]}" --format "$format" \
    --precision "$precision" --layout "$layout" --device "$device" --batch "$compiled" --weights live --seed 1 \
    --jobs "${JOBS:-8}" --out "$artefacts" >"$out/export-$format.log" 2>&1 ||
    say "export: some failed; export-$format.log and export-failures-$format.json say why"
  if [ -f "$artefacts/failures.json" ]; then cp "$artefacts/failures.json" "$out/export-failures-$format.json"; fi
}

# exported: those of the models that have an artefact of this kind, one a line.
exported() {
  local model
  for model in "${models[@]}"; do
    if [ -f "$artefacts/$model/$format-$precision-$layout-$device/descriptor.json" ]; then echo "$model"; fi
  done
}

# measure: exit code of joulemark measure; 3 means that some configurations failed, and their rows say why.
measure() {
  local policies=$batches names=() limit=()
  [ "$format" = aoti ] && policies=1,throughput
  mapfile -t names < <(exported)
  [ ${#names[@]} -gt 0 ] || { say "measure: nothing was exported"; return 4; }
  # An interrupt lets joulemark keep what is complete and remove what is not.
  [ -z "${BUDGET:-}" ] || limit=(timeout --signal=INT $((BUDGET > SECONDS + 10 ? BUDGET - SECONDS : 10)))
  say "measure: ${#names[@]} models"
  "${limit[@]}" "$joulemark" measure "${names[@]}" --runtime torch --format "$format" --precision "$precision" \
    --layout "$layout" --device "$device" --models "$artefacts" --db "$database" --batch "$policies" \
    --max-batch "${MAX_BATCH:-512}" --max-seconds "${MAX_SECONDS:-9}" 2>&1 | tee -a "$out/measure.log"
}

[ -n "${JOULEMARK_WORKER_TORCH:-}" ] || build_worker
"$joulemark" doctor --json --models "$artefacts" >"$out/doctor.json" || true
export_models
status=0
measure || status=$?
[ -f "$database" ] || exit $status
for kind in csv:rows.csv jsonl:runs.jsonl; do
  "$joulemark" export --db "$database" --format "${kind%%:*}" --out "$out/${kind#*:}"
done
say "done: $out"
exit $status
