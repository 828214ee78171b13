#!/bin/sh
# Lets a service work once, on a broker and with a model server of its own, and keeps the classes it needed, linked, as an AOT cache
# of the JVM: a start with it takes about half the CPU time. What the cache was made of (JDK, jars, these flags) must be the same
# later; where it is not, the JVM says so in its log and starts without.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
if [ $# -eq 0 ]; then
    echo "Usage: train.sh FOLDER [JVM FLAG ...]
Leaves FOLDER/app.aot (70 to 100 MB) beside FOLDER/quarkus-run.jar, for 'java -XX:AOTCache=FOLDER/app.aot'. Takes about 20 seconds.
The java of JAVA_HOME is used, or that of the path. Needs what ./saccade build makes, in $root.
Example:
  train.sh services/joiner/target/quarkus-app -XX:+UseSerialGC" >&2
    exit 2
fi
folder=$1
shift
. "$root/deploy/containers/neighbours.sh"
neighbours
# A heap below 32 GB whatever the machine has, or the cache would not fit the small heap of a container.
"$java" "$@" -Xmx256m -XX:AOTCacheOutput="$work/app.aot" -jar "$folder/quarkus-run.jar" >"$work/service.log" 2>&1 &
service=$!
started="$started $service"
await service 'takes \(records\|notifications\)'
(program services/cli io.saccade.cli.Main send "$root/deploy/demo" --kafka "$SACCADE_KAFKA_BOOTSTRAP_SERVERS" \
    --question 'what color is the circle?') >"$work/send.log" 2>&1 || fail "the pictures could not be sent"
sleep 4 # it works, and the joiner's deadlines pass
kill "$service"
wait "$service" || true # 143, as it was told to end
[ -s "$work/app.aot" ] || fail "the JVM left no cache"
cp "$work/app.aot" "$folder/app.aot"
