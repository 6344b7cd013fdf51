#!/usr/bin/env python3
"""embed_text.py INPUT SYMBOL OUTPUT: a text file as `extern const std::string_view diecast::SYMBOL`."""
import sys

# A question mark may begin a trigraph.
ESCAPES = {ord('"'): '\\"', ord("?"): "\\?", ord("\\"): "\\\\", ord("\n"): "\\n", ord("\t"): "\\t"}


def literal(line):
    """One line of bytes as a C++ string literal; bytes outside ASCII in octal, which cannot swallow a digit."""
    return '"' + "".join(ESCAPES.get(b) or (chr(b) if 32 <= b < 127 else f"\\{b:03o}") for b in line) + '"'


def main():
    source, symbol, output = sys.argv[1:]
    with open(source, "rb") as file:
        data = file.read()
    lines = "\n".join("    " + literal(line) for line in data.splitlines(keepends=True)) or '    ""'
    with open(output, "w", encoding="ascii") as file:
        file.write(f"""#include <string_view>

namespace diecast {{

extern const std::string_view {symbol};
constinit const std::string_view {symbol}{{
{lines},
    {len(data)}}};

}}  // namespace diecast
""")


main()
