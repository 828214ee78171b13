#!/usr/bin/env bash
# What a start of a service costs until it takes records, with the AOT cache of its image and without, in turn.
#
#   benchmarks/starts.sh [SERVICE] [ROUNDS] [BUSY]
#
# SERVICE is joiner unless another one is named. With BUSY, so many processes that never rest keep the processors busy meanwhile.
# "Without the cache" is with the archive of its own classes that every JDK brings along.
# Needs what ./saccade build makes. Kafka and the model server are started for it.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
service=${1:-joiner}
rounds=${2:-5}
busy=${3:-0}
app=$root/services/$service/target/quarkus-app
flags=(-Xmx256m -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED)

die() { printf 'starts: %s\n' "$*" >&2; exit 1; }

case $service in -*) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;; esac
[ "$(uname -s)" = Linux ] || die "CPU time is read from /proc, which $(uname -s) has not"
[ -f "$app/quarkus-run.jar" ] || die "$app is not built; run ./saccade build"
. "$root/deploy/containers/neighbours.sh"
cp -a "$app" "$work/app"
"$root/deploy/containers/train.sh" "$work/app" "${flags[@]}"
neighbours

# Milliseconds until it takes records, of CPU time until then, and resident megabytes.
start() {
    local began pid
    : >"$work/service.log"
    began=$(date +%s%N)
    "$java" "$@" "${flags[@]}" -jar "$work/app/quarkus-run.jar" >"$work/service.log" 2>&1 &
    pid=$!
    started="$started $pid"
    await service 'takes \(records\|notifications\)'
    awk -v wall=$((($(date +%s%N) - began) / 1000000)) -v hertz="$(getconf CLK_TCK)" -v rss="$(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status")" \
        '{ sub(/.*\) /, ""); printf "%d %d %d\n", wall, ($12 + $13) * 1000 / hertz, rss / 1024 }' "/proc/$pid/stat"
    kill "$pid"
    wait "$pid" 2>/dev/null || true
}

for ((number = 0; number < busy; number++)); do
    (while :; do :; done) &
    started="$started $!"
done
for ((round = 0; round < rounds; round++)); do
    start >>"$work/without"
    start -XX:AOTMode=on "-XX:AOTCache=$work/app/app.aot" >>"$work/with"
done
median() { cut -d ' ' -f "$2" "$work/$1" | sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'; }
printf '%s, medians of %d rounds, %d busy processes beside it\n' "$service" "$rounds" "$busy"
printf '%-18s %18s %14s %14s\n' '' 'takes records, ms' 'CPU time, ms' 'resident, MB'
for way in without with; do
    printf '%-18s %18d %14d %14d\n' "$way the cache" "$(median $way 1)" "$(median $way 2)" "$(median $way 3)"
done
awk -v a="$(median with 1)" -v b="$(median without 1)" -v c="$(median with 2)" -v d="$(median without 2)" -v e="$(median with 3)" -v f="$(median without 3)" \
    'BEGIN { printf "%-18s %18.2f %14.2f %14.2f\n", "ratio", a / b, c / d, e / f }'
