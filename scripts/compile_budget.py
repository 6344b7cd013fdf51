#!/usr/bin/env python3
"""Where the compile time of a build folder went, from ninja's log."""
import argparse
import pathlib
import sys


def seconds_by_output(log):
    """The latest time of each output; ninja appends, so the last line of an output counts."""
    result = {}
    for line in log.read_text().splitlines():
        if line.startswith("#"):
            continue
        start, end, _, output, _ = line.split("\t")
        result[output] = (int(end) - int(start)) / 1000
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=pathlib.Path, help="the build folder")
    parser.add_argument("--limit", type=float, help="seconds that no object may exceed")
    parser.add_argument("--top", type=int, default=15, help="how many to print (%(default)s)")
    args = parser.parse_args()

    log = args.build / ".ninja_log"
    if not log.is_file():
        return f"error: {log}: no such file; build first"
    slowest = sorted(seconds_by_output(log).items(), key=lambda item: -item[1])
    for output, seconds in slowest[: args.top]:
        print(f"{seconds:8.1f} s  {output}")
    print(f"{sum(seconds for _, seconds in slowest):8.1f} s  in all, of {len(slowest)} outputs")

    over = [(o, s) for o, s in slowest if args.limit is not None and s > args.limit and o.endswith(".o")]
    for output, seconds in over:
        print(f"error: {output}: {seconds:.1f} s, over the limit of {args.limit:g} s", file=sys.stderr)
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
