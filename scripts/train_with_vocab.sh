#!/bin/bash
# Learns a vocabulary from a corpus, then trains with it. Options that are not named here go to `train`, what they --set
# to `tokenizer train` as well:
#   scripts/train_with_vocab.sh CORPUS [--preset P] [--kind bpe|word|char|byte] [--out RUN] [TRAIN-OPTION...]
#   scripts/train_with_vocab.sh my-texts/ --kind word --set train.max_steps=500
set -euo pipefail

usage="usage: scripts/train_with_vocab.sh CORPUS [--preset P] [--kind bpe|word|char|byte] [--out RUN] [TRAIN-OPTION...]"
fail() {
  echo "error: train_with_vocab: $1" >&2
  exit 2
}

[[ ${1:-} == --help ]] && { echo "$usage"; exit 0; }
[[ $# -gt 0 && $1 != -* ]] || fail "no CORPUS was given; $usage"
corpus=$1
shift
preset=quarter kind=bpe run=
sets=() rest=()
while [[ $# -gt 0 ]]; do
  case $1 in
    --preset | --kind | --out | --set)
      [[ $# -gt 1 ]] || fail "$1 needs a value"
      case $1 in --preset) preset=$2 ;; --kind) kind=$2 ;; --out) run=$2 ;; --set) sets+=(--set "$2") ;; esac
      shift 2
      ;;
    --set=*)
      sets+=("$1")
      shift
      ;;
    *)
      rest+=("$1")
      shift
      ;;
  esac
done
run=${run:-runs/$preset-$kind-$(date +%Y%m%d-%H%M%S)}
binary=$("$(dirname "${BASH_SOURCE[0]}")/built_binary.sh" "$preset")

# The tokenizer is learnt beside the run: `train` wants a folder that is new.
mkdir -p "$(dirname "$run")"
"$binary" tokenizer train "$corpus" --kind "$kind" --out "$run.tokenizer.json" "${sets[@]}"
exec "$binary" train --set "data.source=$corpus" --set "tokenizer.file=$run.tokenizer.json" --out "$run" \
  "${sets[@]}" "${rest[@]}"
