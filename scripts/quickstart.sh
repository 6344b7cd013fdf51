#!/bin/bash
# From a fresh machine to a trained model and a text of its own. Arguments go to `quarter train`:
#   scripts/quickstart.sh --set train.max_steps=200
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/setup.sh
binary=$(scripts/built_binary.sh quarter)

run=runs/quickstart-$(date +%Y%m%d-%H%M%S)
mkdir -p runs
"$binary" train --out "$run" "$@"
echo
"$binary" generate "$run" --prompt "Once upon a time"
echo
echo "The run is in $run; more text: $binary generate $run --prompt TEXT"
