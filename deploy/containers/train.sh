#!/bin/sh
# Starts a service once, with neither Kafka nor models, and keeps which classes it loaded, linked, as an AOT cache: a start with
# it needs about half the CPU time. What the cache was made of (JDK, jars, these flags) must be the same later; where it is not,
# the JVM says so in its log and starts without.
set -eu
if [ $# -eq 0 ]; then
    echo "Usage: train.sh FOLDER [JVM FLAG ...]
Leaves FOLDER/app.aot (about 55 MB) beside FOLDER/quarkus-run.jar, for 'java -XX:AOTCache=FOLDER/app.aot'. Takes some seconds.
The java of JAVA_HOME is used, or that of the path.
Example:
  train.sh services/joiner/target/quarkus-app -XX:+UseSerialGC" >&2
    exit 2
fi
folder=$1
shift
work=$(mktemp -d)
service=''
trap '[ -z "$service" ] || kill -9 "$service" 2>/dev/null || true; rm -rf "$work"' EXIT
export HOME="$work" DJL_CACHE_DIR="$work" QUARKUS_HTTP_HOST=127.0.0.1 QUARKUS_HTTP_PORT=0 QUARKUS_OTEL_SDK_DISABLED=true \
    SACCADE_KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:1 SACCADE_TRITON_ENDPOINTS=127.0.0.1:1 SACCADE_MODELS_DIRECTORY="$work" \
    SACCADE_JOIN_STATE_DIRECTORY="$work/state"
fail() {
    cat "$work/log" >&2
    echo "train.sh: $1" >&2
    exit 1
}
# A heap below 32 GB whatever the machine has, or the cache would not fit the small heap of a container.
"${JAVA_HOME:+$JAVA_HOME/bin/}java" "$@" -Xmx256m -XX:AOTCacheOutput="$work/app.aot" -jar "$folder/quarkus-run.jar" >"$work/log" 2>&1 &
service=$!
tenths=0
until grep -q 'Listening on' "$work/log"; do
    kill -0 "$service" 2>/dev/null || fail "$folder/quarkus-run.jar ended before it listened"
    [ "$tenths" -lt 1800 ] || fail "$folder/quarkus-run.jar did not listen within 3 minutes"
    tenths=$((tenths + 1))
    sleep 0.1
done
sleep 2 # it looks for Kafka and for the models
kill "$service"
wait "$service" || true # 143, as it was told to end
service=''
[ -s "$work/app.aot" ] || fail "the JVM left no cache"
mv "$work/app.aot" "$folder/app.aot"
