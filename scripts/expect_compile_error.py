#!/usr/bin/env python3
"""expect_compile_error.py FILE COMPILER [ARGUMENT...]

Passes if FILE does not compile and the diagnostics hold the text of its first line, `// expect-error: TEXT`.
"""
import os
import subprocess
import sys

PREFIX = "// expect-error: "


def main():
    path, compiler = sys.argv[1], sys.argv[2:]
    with open(path, encoding="utf-8") as file:
        first = file.readline().rstrip("\n")
    expected = first.removeprefix(PREFIX).strip()
    if not first.startswith(PREFIX) or not expected:
        return f"{path}:1: the first line must be `{PREFIX}TEXT`"

    # Plain quotes and no colours, whatever the user's terminal and language are.
    result = subprocess.run([*compiler, "-fsyntax-only", path], capture_output=True, text=True, errors="replace",
                            env={**os.environ, "LC_ALL": "C"})
    print(result.stderr, end="")
    if result.returncode == 0:
        return f"{path}: compiles, expected the error: {expected}"
    if result.returncode < 0:
        return f"{path}: the compiler was stopped by signal {-result.returncode}"
    # The file's own first line, quoted, does not count. Other quoted lines do: the text of a `throw "..."` that
    # makes a consteval call fail stands in one.
    errors = [line for line in result.stderr.splitlines() if PREFIX not in line]
    if not any(expected in line for line in errors):
        return f"{path}: does not compile, but for another reason; expected: {expected}"
    return 0


sys.exit(main())
