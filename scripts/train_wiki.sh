#!/bin/bash
# Trains on a Wikipedia dump, pages-articles as it is downloaded: builds the preset's binary if need be, then one `train`.
#   scripts/train_wiki.sh simplewiki-latest-pages-articles.xml.bz2 --sample 20000 --epochs 2
#   --sample N     N of its articles, the same ones for the vocabulary and the text (default: all)
#   --epochs N     passes over the text (default: 1)
#   --preset NAME  (default: quarter)
# Everything else goes to `train`: --out RUN, --set KEY=VALUE, ...
set -euo pipefail

usage() {
  echo "error: $1, scripts/train_wiki.sh, use DUMP [--sample N] [--epochs N] [--preset NAME] [--out RUN] [--set KEY=VALUE]..." >&2
  exit 2
}

dump='' sample=0 epochs=1 preset=quarter rest=()
while (($#)); do
  case $1 in
    --sample | --epochs | --preset)
      (($# > 1)) || usage "$1 needs a value"
      printf -v "${1#--}" '%s' "$2"
      shift 2
      ;;
    -*)
      rest+=("$1")
      shift
      # --out RUN, but --out=RUN
      if [[ ${rest[-1]} != *=* ]] && (($#)); then rest+=("$1") && shift; fi
      ;;
    *)
      [[ ! $dump ]] || usage "more than one dump: $dump, $1"
      dump=$1
      shift
      ;;
  esac
done
[[ $dump ]] || usage "no dump given"
[[ -e $dump ]] || usage "no such file: $dump"

binary=$("$(dirname "${BASH_SOURCE[0]}")/built_binary.sh" "$preset")
exec "$binary" train --set data.source="$dump" --set data.sample="$sample" --set train.max_epochs="$epochs" \
  --set train.max_steps=0 --set 'sample.prompts=["The", "In the year"]' "${rest[@]}"
