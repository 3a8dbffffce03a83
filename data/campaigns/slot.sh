#!/usr/bin/env bash
# One slot of a campaign, on a machine that need not have anything of it: plans it, brings in what is measured already,
# builds the worker, calibrates, and measures until the slot is over. Called again it goes on, and so does another machine
# that has the rows of this one. Needs PyTorch, timm, CMake, a C++20 compiler and the headers of nlohmann's JSON; no network.
#
#   data/campaigns/slot.sh PLAN OUT SECONDS [OPTION...]
#
#   PLAN      of this folder, such as data/campaigns/h200-torchscript-more.json
#   OUT       the campaign's folder, from which `data/results/collect.py add OUT` takes the rows
#   SECONDS   that there are, from the start of this script
#   OPTION    more for `joulemark campaign run`: --shard 1/2, --lot 60, --retry-disturbed
#
# Environment (default): DEVICE (the plan's), several as cuda:0,cuda:1 or cuda:all. RESULTS (data/results) is what is
# measured already. JOULEMARK and JOULEMARK_WORKER_TORCH (built where not given) name programs, WORKER_BUILD a folder,
# PYTHON the interpreter. The exit code is that of `campaign run`.
set -euo pipefail

[ $# -ge 3 ] || { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; exit 2; }
root=$(cd "$(dirname "$0")/../.." && pwd)
plan=$1
mkdir -p "$2/log"
out=$(cd "$2" && pwd) limit=$3
shift 3
joulemark=${JOULEMARK:-$root/build/release/bin/joulemark}
python=${PYTHON:-python3}
results=${RESULTS:-$root/data/results}
database=$out/results.sqlite
export JOULEMARK_EXPORTER=${JOULEMARK_EXPORTER:-$python -m joulemark_zoo}
export PYTHONPATH=$root/zoo/src${PYTHONPATH:+:$PYTHONPATH}
# shellcheck source=../lib.sh
. "$root/data/lib.sh"

plan_it() {
  [ -f "$out/campaign.json" ] || "$joulemark" campaign plan "$plan" --out "$out"
  "$joulemark" import "$results" --db "$database"
}

# from_json FILE EXPRESSION: what Python makes of a document, which it knows as `d`.
from_json() { "$python" -c 'import json, sys; d = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$1" "$2"; }

# devices: those to measure, one a line.
devices() {
  local device=${DEVICE:-$(from_json "$out/campaign.json" 'd["plan"]["device"]')}
  case $device in
    cuda:all) from_json "$out/doctor.json" \
      '"\n".join(sorted({w["name"] for r in d["runtimes"] for w in r["devices"] if w["name"].startswith("cuda")}))' ;;
    *) tr , '\n' <<<"$device" ;;
  esac
}

# GPUs, all at the same time: once for each set of boards that this folder sees.
calibrate() {
  local device boards pid calibrating=() failed=0
  boards=$(from_json "$out/doctor.json" '" ".join(sorted(b["id"] for m in d["meters"] if m["measures"] for b in m["devices"]))')
  if [ "$(cat "$out/calibrated" 2>/dev/null)" = "$boards" ]; then return; fi
  for device in $(devices); do
    case $device in cuda*) ;; *) continue ;; esac
    say "calibrating $device, about 80 s"
    "$joulemark" calibrate --device "$device" --db "$database" >"$out/log/calibrate-${device/:/-}.log" 2>&1 &
    calibrating+=($!)
  done
  for pid in "${calibrating[@]}"; do wait "$pid" || failed=1; done
  if [ $failed = 1 ]; then
    tail -n 5 "$out"/log/calibrate-*.log >&2
    return 1
  fi
  echo "$boards" >"$out/calibrated"
}

if [ -z "${JOULEMARK_WORKER_TORCH:-}" ]; then
  say "worker and plan"
  worker_of "${WORKER_BUILD:-/tmp/joulemark-worker-build}" "$python" "$out/log/worker-build.log" >"$out/log/worker" &
  building=$!
fi
plan_it
if [ -n "${building:-}" ]; then
  wait "$building"
  JOULEMARK_WORKER_TORCH=$(cat "$out/log/worker")
  export JOULEMARK_WORKER_TORCH
fi
"$joulemark" doctor --json >"$out/doctor.json" || true
calibrate
left=$((limit - SECONDS))
[ $left -gt 0 ] || { say "nothing is left of the slot"; exit 3; }
say "measuring for at most $left s"
status=0
"$joulemark" campaign run "$out" --slot "$left" ${DEVICE:+--device "$DEVICE"} "$@" || status=$?
say "done: data/results/collect.py add $out"
exit $status
