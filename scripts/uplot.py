#!/usr/bin/env python3
"""uPlot, the chart library of our pages: one pinned archive of the npm registry in subprojects/packagecache/, never
committed. Run as a script it fetches the archive if it is missing."""
import hashlib
import pathlib
import subprocess
import sys
import tarfile
import tempfile

VERSION = "1.6.32"
SHA256 = "4b8a8191e425658e3ea8c8c1314b0fc679c861ee3a1af2b20c7b16ba50b5133d"
ARCHIVE = pathlib.Path(__file__).resolve().parent.parent / "subprojects" / "packagecache" / f"uplot-{VERSION}.tgz"


class Unavailable(Exception):
    """The archive is neither in place nor to be had; the text is for the user."""


def is_genuine(archive):
    return archive.is_file() and hashlib.sha256(archive.read_bytes()).hexdigest() == SHA256


def fetch(archive=ARCHIVE):
    """Puts the archive in place with `npm pack` if it is not there. Returns its path; raises Unavailable."""
    if is_genuine(archive):
        return archive
    archive.parent.mkdir(parents=True, exist_ok=True)
    # In the same folder, so that the archive appears under its name in one step.
    with tempfile.TemporaryDirectory(dir=archive.parent, prefix=".uplot-") as folder:
        try:
            subprocess.run(["npm", "pack", "--silent", f"uplot@{VERSION}"], cwd=folder, check=True,
                           capture_output=True, timeout=120)
        except FileNotFoundError:
            raise Unavailable(f"uPlot is fetched by npm, which is not installed; put uplot-{VERSION}.tgz into "
                              f"{archive.parent}") from None
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            said = (error.stderr or b"").decode(errors="replace").strip().splitlines()
            raise Unavailable(f"npm cannot fetch uplot@{VERSION}: {said[-1] if said else error}") from error
        fetched = pathlib.Path(folder) / archive.name
        if not is_genuine(fetched):
            raise Unavailable(f"npm gave another uplot-{VERSION}.tgz than the pinned one (SHA-256 {SHA256})")
        fetched.replace(archive)
    return archive


def assets():
    """The texts to put into a page: {"script", "style", "license"}. Raises Unavailable."""
    with tarfile.open(fetch()) as archive:
        return {name: archive.extractfile(f"package/{path}").read().decode()
                for name, path in (("script", "dist/uPlot.iife.min.js"), ("style", "dist/uPlot.min.css"),
                                   ("license", "LICENSE"))}


def main():
    try:
        print(fetch())
    except Unavailable as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
