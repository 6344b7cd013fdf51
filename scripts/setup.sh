#!/bin/bash
# Installs what a bare Debian 12 needs to build and test Diecast, and lays Highway's archive where Meson looks
# for it, uPlot's beside it. Does nothing, quickly, when nothing is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() {
  echo "error: setup: $*" >&2
  exit 1
}

# package|what it is for
packages=(
  "g++|compiler"
  "clang|second compiler"
  "meson|build system"
  "ninja-build|build system"
  "pkg-config|finds the libraries below"
  "python3|build scripts, end-to-end tests"
  "ca-certificates|download of Highway"
  "curl|download of Highway"
  "libboost-dev|Boost.Hana, CRC"
  "librange-v3-dev|range-v3"
  "libtomlplusplus-dev|TOML"
  "nlohmann-json3-dev|JSON"
  "libcli11-dev|command line"
  "libcpp-httplib-dev|dashboard"
  "libfmt-dev|formatting"
  "libpcre2-dev|regular expressions of tokenizers"
  "libxxhash-dev|checksums"
  "zlib1g-dev|.gz corpora"
  "libbz2-dev|.bz2 corpora"
  "libzstd-dev|.zst corpora"
  "libexpat1-dev|XML of Wikipedia's dumps"
  "libsimdjson-dev|.jsonl corpora"
  "doctest-dev|tests"
  "chromium|tests of pages"
)

install_packages() {
  local installed entry name purpose missing=()
  # The name of a virtual or unknown package is an error of dpkg-query; it is then simply not in the list.
  installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${packages[@]%%|*}" 2>/dev/null || true)
  for entry in "${packages[@]}"; do
    name=${entry%%|*} purpose=${entry#*|}
    if grep -qxF "installed $name" <<<"$installed"; then
      echo "setup: $name: installed ($purpose)"
    else
      echo "setup: $name: missing, will install ($purpose)"
      missing+=("$name")
    fi
  done
  ((${#missing[@]})) || return 0

  local as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || fail "not root and no sudo; as root run: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
  local install=("${apt[@]}" install -y --no-install-recommends)
  "${apt[@]}" update || fail "apt-get update failed; check this machine's package sources"
  "${install[@]}" "${missing[@]}" >/dev/null || fail "apt-get could not install: ${missing[*]}"
}

wrap_value() {
  sed -n "s/^$1 *= *//p" subprojects/highway.wrap
}

has_checksum() {  # FILE SHA256
  [[ -f $1 ]] && sha256sum --check --status <<<"$2  $1"
}

# The address of the mirror from which this machine gets its own Debian, as apt itself understands its sources.
own_mirror() {
  local codename
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  # shellcheck disable=SC2016  # the names in the format are apt's
  apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
    awk -v suite="$codename" '$1 == suite && $2 == "main" { print $3; exit }'
}

# Debian 13's source package of Highway is the release archive, byte for byte. All of apt's state is private,
# so that the machine's own lists stay as they are; root is not needed.
fetch_from_debian() {  # FOLDER
  local mirror options
  mirror=$(own_mirror)
  [[ $mirror ]] || return 1
  mkdir -p "$1"/{lists,cache,parts}
  echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >"$1/sources.list"
  options=(-qq -o "Dir::Etc::sourcelist=$1/sources.list" -o "Dir::Etc::sourceparts=$1/parts"
    -o "Dir::State::lists=$1/lists" -o "Dir::Cache=$1/cache" -o APT::Sandbox::User="$(id -un)")
  apt-get "${options[@]}" update &&
    (cd "$1" && apt-get "${options[@]}" source --download-only --tar-only highway) &&
    mv "$1"/highway_*.orig.tar.gz "$1/archive"
}

fetch_highway() {
  local name hash url
  name=$(wrap_value source_filename) hash=$(wrap_value source_hash) url=$(wrap_value source_url)
  local target=subprojects/packagecache/$name
  if has_checksum "$target" "$hash"; then
    echo "setup: $name: in place"
    return
  fi
  folder=$(mktemp -d)  # not local: the trap runs after the function
  trap 'rm -rf "$folder"' EXIT
  echo "setup: $name: missing, will fetch"
  if ! { curl -fsSL --connect-timeout 5 --max-time 60 -o "$folder/archive" "$url" 2>/dev/null &&
    has_checksum "$folder/archive" "$hash"; }; then
    echo "setup: $name: release not reachable, taking it from Debian 13's source package"
    fetch_from_debian "$folder/apt" || fail "cannot fetch Highway; download $url to $target yourself"
    mv "$folder/apt/archive" "$folder/archive"
    has_checksum "$folder/archive" "$hash" || fail "$name: wrong SHA-256, expected $hash"
  fi
  mkdir -p subprojects/packagecache
  # A rename within one file system: a build that runs meanwhile never sees half a file.
  cp "$folder/archive" "$target.$$" && mv "$target.$$" "$target"
  echo "setup: $name: in place"
}

# Only pages with charts need it: without, setup goes on.
fetch_uplot() {
  local archive
  if archive=$(python3 scripts/uplot.py); then
    echo "setup: ${archive##*/}: in place"
  else
    echo "setup: uPlot: missing; scripts/compare_presets --html needs it" >&2
  fi
}

command -v apt-get >/dev/null || fail "this is for Debian and its kin; elsewhere install the packages listed in $0 by hand"
install_packages
fetch_highway
fetch_uplot
