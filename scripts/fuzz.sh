#!/bin/bash
# scripts/fuzz.sh [SECONDS [NAME...]]: runs the fuzz targets, or those of these names, for a minute or SECONDS each,
# with clang's libFuzzer and address sanitizer. What they have learnt stays in build-fuzz/corpus for the next time, an
# input that fails is left in build-fuzz/failures.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() {
  echo "error: fuzz: $*" >&2
  exit 1
}

seconds=${1:-60}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || fail "not a number of seconds: $seconds"
shift || true

command -v clang++ >/dev/null || fail "clang++ is missing; scripts/setup.sh installs it"
echo 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }' |
  clang++ -fsanitize=fuzzer,address -x c++ - -o /dev/null 2>/dev/null ||
  fail "clang++ has no libFuzzer; as root run: apt-get install libclang-rt-dev"

again=()
[[ -f build-fuzz/build.ninja ]] && again=(--reconfigure)
CXX=clang++ meson setup "${again[@]}" build-fuzz -Dfuzz=true -Dtests=true -Dtest_presets= -Dpreset=tiny -Dtargets=native >/dev/null
ninja -C build-fuzz fuzz

names=("$@")
if ((${#names[@]} == 0)); then
  for target in tests/fuzz/*_fuzz.cpp; do
    target=${target##*/}
    names+=("${target%_fuzz.cpp}")
  done
fi
mkdir -p build-fuzz/failures
failed=()
for name in "${names[@]}"; do
  binary=build-fuzz/tests/fuzz-$name
  [[ -x $binary ]] || fail "there is no target $name"
  mkdir -p "build-fuzz/corpus/$name"
  DIECAST_FUZZ_SEEDS=build-fuzz/corpus/$name "$binary"
  # The window of a zstd frame may be 2 GiB.
  if "$binary" -max_total_time="$seconds" -rss_limit_mb=4096 -timeout=20 -max_len=65536 -print_final_stats=1 \
    -artifact_prefix="build-fuzz/failures/$name-" "build-fuzz/corpus/$name" >"build-fuzz/$name.log" 2>&1; then
    echo "fuzz: $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "build-fuzz/$name.log") inputs"
  else
    failed+=("$name")
    tail -n 40 "build-fuzz/$name.log"
  fi
done
((${#failed[@]} == 0)) || fail "failed: ${failed[*]}; the inputs are in build-fuzz/failures"
