#!/bin/bash
# From a fresh machine to a trained model and a text of its own. Arguments go to `quarter train`:
#   scripts/quickstart.sh --set train.max_steps=200
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/setup.sh
[[ -f build/build.ninja ]] || meson setup build -Dpreset=quarter
if ! ninja -C build -t query quarter >/dev/null 2>&1; then
  echo "error: quickstart: build/ was set up without preset quarter; run: meson configure build -Dpreset=all" >&2
  exit 1
fi
ninja -C build quarter

run=runs/quickstart-$(date +%Y%m%d-%H%M%S)
mkdir -p runs
build/quarter train --out "$run" "$@"
echo
build/quarter generate "$run" --prompt "Once upon a time"
echo
echo "The run is in $run; more text: build/quarter generate $run --prompt TEXT"
