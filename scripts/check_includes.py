#!/usr/bin/env python3
"""check_includes.py [ROOT]: which folder may include which. The table is docs for people, too: keep it readable."""
import pathlib
import re
import sys

# folder: the folders it may include beside itself, or single headers of a folder.
CORE = ["core"]
# What code outside the border may know of the model and its kernels.
BORDER = ["model/model.hpp", "model/observer.hpp", "model/param_table.hpp", "kernels/span_ops.hpp", "kernels/dispatch.hpp",
          "kernels/peak.hpp", "kernels/bandwidth.hpp"]
OUTSIDE = ["core", "preset", "tokenizer", "config", "machine", "data", *BORDER]
ALLOWED = {
    "core": [],
    "preset": CORE,
    "tokenizer": CORE,
    "config": CORE,
    "machine": CORE,
    "data": ["core", "preset", "tokenizer", "config", "machine"],
    "kernels": ["core", "preset"],
    "model": ["core", "preset", "kernels"],
    "checkpoint": OUTSIDE,
    "generate": OUTSIDE,
    "report": OUTSIDE,
    "interop": [*OUTSIDE, "checkpoint"],
    "train": [*OUTSIDE, "kernels/grid.hpp", "checkpoint", "generate", "report"],
    "bench": [*OUTSIDE, "train", "kernels/kernel_list.hpp", "kernels/ablation.hpp",
              "kernels/kernel_call.hpp", "kernels/table.hpp", "kernels/grid.hpp", "kernels/shapes.hpp"],
}
# Places whose rule differs from their folder's: the per-preset kernel files instantiate from the whole model,
# the command line sees everything, and the public face is made of what lies outside the border.
EXCEPTIONS = {
    "src/kernels": [*ALLOWED["kernels"], "model/transformer.hpp"],
    "src/cli": [*ALLOWED, "cli"],
    "include/diecast/diecast.hpp": [*OUTSIDE, "checkpoint", "generate", "report", "interop", "train"],
}

# <diecast/folder/name.hpp>, or "folder/name-inl.hpp" in src.
INCLUDE = re.compile(r'\s*#\s*include\s*(?:<diecast/|"(?:diecast/)?)(([\w-]+)/[\w./-]+)[>"]')


def rule(path):
    """The folder of a file, and what it may include."""
    place = path.parts[:2] if path.parts[0] == "src" else path.parts[:3]
    folder = place[-1]
    return folder, EXCEPTIONS.get("/".join(place), ALLOWED.get(folder))


def offences(root):
    for path in sorted([*root.glob("include/diecast/**/*.hpp"), *root.glob("src/**/*.[ch]pp")]):
        name = path.relative_to(root)
        folder, allowed = rule(name)
        if allowed is None:
            yield f"{name}:1: folder {folder} has no line in the table of scripts/check_includes.py"
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            target, target_folder = match.groups()
            # Other quoted folders (presets/, hwy/) are not ours to judge.
            if target_folder not in ALLOWED and target_folder != "cli":
                continue
            if target_folder != folder and not {target, target_folder} & set(allowed):
                yield f"{name}:{number}: {folder} must not include {target}; allowed: {', '.join(allowed) or 'nothing'}"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent).resolve()
    found = list(offences(root))
    print("\n".join(found) or "includes: as allowed")
    return 1 if found else 0


sys.exit(main())
