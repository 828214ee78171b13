#!/usr/bin/env bash
# Prints joined answers with kcat: consume.sh BOOTSTRAP [COUNT]
# With COUNT it stops after so many; without, it prints what is there and stops at the end.
set -euo pipefail
if [ $# -lt 1 ]; then
  echo "usage: consume.sh BOOTSTRAP [COUNT]" >&2
  exit 2
fi
stop=(-e)
if [ $# -ge 2 ]; then
  stop=(-c "$2")
fi
# read_committed: the joiner writes in transactions, and a reader must not see the ones that were rolled back.
# %k is the image's id, %h the CloudEvents headers, %s the JSON.
kcat -C -b "$1" -t saccade.enriched -o beginning "${stop[@]}" -q -X isolation.level=read_committed \
  -f '%k\t%h\t%s\n'
