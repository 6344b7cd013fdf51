#!/bin/bash
# Builds a preset's binary if it is missing or older than its sources, and prints its path:
#   $(scripts/built_binary.sh quarter) train
# It is built in build/ if that is new or was set up with the preset, else in build-PRESET/; what the build says goes to
# stderr.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

preset=${1:?usage: scripts/built_binary.sh PRESET}
if [[ ! -f presets/$preset.hpp ]]; then
  names=(presets/*.hpp)
  names=("${names[@]#presets/}")
  echo "error: there is no preset $preset, presets/, use one of ${names[*]%.hpp}" >&2
  exit 2
fi
folder=build
if [[ -f build/build.ninja ]] && ! ninja -C build -t query "$preset" >/dev/null 2>&1; then
  folder=build-$preset
fi
if [[ ! -f $folder/build.ninja ]]; then
  scripts/setup.sh >&2
  meson setup "$folder" "-Dpreset=$preset" >&2
fi
ninja --quiet -C "$folder" "$preset" >&2
echo "$PWD/$folder/$preset"
