#!/bin/bash
# Builds quarter and the presets of each form with g++, tiny and one in Llama's form with clang++ too (not if
# DIECAST_SKIP_CLANG is set), warnings as errors, and runs the test suite with each. The last line is `N passed, N failed`.
# What is left out for the 15 minutes' sake repeats what is built (stories is there as mini_stories; gpt2's layers are
# tiny's and deep's), or could not run here: g++ makes the kernels that this machine can run, clang++ all. -Dpreset=all
# and -Dtest_presets=all build the rest.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/setup.sh

folders=()
failed=0

build_and_test() {  # FOLDER COMPILER OPTION...
  local folder=$1 compiler=$2 again=()
  shift 2
  # Reconfiguring lets a folder from before see new presets and options.
  [[ -f $folder/build.ninja ]] && again=(--reconfigure)
  CXX=$compiler meson setup "${again[@]}" "$folder" -Dtests=true -Dwerror=true "$@"
  ninja -C "$folder"
  folders+=("$folder")
  meson test -C "$folder" --no-rebuild --print-errorlogs || failed=1
}

# With assertions here, without them there: both ways must compile and pass.
build_and_test build-test g++ -Dpreset=quarter -Dtargets=runnable -Db_ndebug=false \
  -Dtest_presets=deep,dropping,half,mini_stories,mixed
if [[ -z ${DIECAST_SKIP_CLANG:-} ]]; then
  build_and_test build-clang clang++ -Dpreset=tiny -Dtest_presets=tiny_llama
fi

# A doctest binary counts as its test cases, anything else as one test.
python3 - "${folders[@]}" <<'END' || failed=1
import json
import re
import sys

passed = failed = skipped = 0
for folder in sys.argv[1:]:
    with open(f"{folder}/meson-logs/testlog.json", encoding="utf-8") as log:
        for test in map(json.loads, log):
            cases = re.search(r"test cases: +\d+ \| +(\d+) passed \| +(\d+) failed", test.get("stdout") or "")
            good, bad = map(int, cases.groups()) if cases else (0, 0)
            if test["result"] == "OK":
                passed += good if cases else 1
            elif test["result"] == "SKIP":
                skipped += 1
            else:
                passed += good
                failed += max(bad, 1)  # one that dies after its last case has failed all the same
print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
sys.exit(failed > 0 or passed == 0)
END
exit $failed
