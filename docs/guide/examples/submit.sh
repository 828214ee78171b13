#!/usr/bin/env bash
# Submits an image with kcat: submit.sh BOOTSTRAP FILE [ID]
# Prints the image's id. The file travels in the event, so it may have 1 MiB at most.
set -euo pipefail
if [ $# -lt 2 ]; then
  echo "usage: submit.sh BOOTSTRAP FILE [ID]" >&2
  exit 2
fi
bootstrap=$1
file=$2
id=${3:-$(basename "$file")-$(date +%s)}
if [ "$(stat -c %s "$file")" -gt 1048576 ]; then
  echo "submit.sh: $file has more than 1 MiB; send it by uri instead" >&2
  exit 2
fi
event=$(mktemp)
trap 'rm -f "$event"' EXIT
printf '{"id":"%s","image":{"inline":"%s"},"questions":[{"id":"q1","text":"what color is the shape ?"}]}' \
  "$id" "$(base64 -w 0 "$file")" > "$event"

# request.required.acks: -1 waits for all in-sync replicas.
kcat -P -b "$bootstrap" -t saccade.images -k "$id" \
  -X topic.request.required.acks=-1 -X message.max.bytes=2097152 \
  -H ce_specversion=1.0 \
  -H ce_id="$id" \
  -H ce_type=io.saccade.image-submitted.v1 \
  -H ce_source=/examples/kcat \
  -H ce_subject="$id" \
  -H content-type=application/json \
  "$event"
echo "$id"
