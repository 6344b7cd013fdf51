#!/bin/bash
# Builds the preset's binary if need be and runs it, as the original program was started:
#   scripts/run_cli.sh train presets/quarter.toml --set train.max_steps=100
#   scripts/run_cli.sh train configs/autoregressive_quarter.json      # translated by `config import` first
# The preset is $PRESET, else the NAME of an argument presets/NAME.toml, else quarter.
set -euo pipefail

preset=${PRESET:-}
for argument in "$@"; do
  name=${argument##*/}
  if [[ ! $preset && $argument == *presets/*.toml ]]; then preset=${name%.toml}; fi
done
binary=$("$(dirname "${BASH_SOURCE[0]}")/built_binary.sh" "${preset:-quarter}")

if [[ ${1:-} == train ]]; then
  translated=$(mktemp -d)
  trap 'rm -rf "$translated"' EXIT
  arguments=()
  for argument in "$@"; do
    if [[ $argument == *.json ]]; then
      name=${argument##*/}
      "$binary" config import "$argument" --out "$translated/${name%.json}.toml"
      argument=$translated/${name%.json}.toml
    fi
    arguments+=("$argument")
  done
  set -- "${arguments[@]}"
fi
"$binary" "$@"
