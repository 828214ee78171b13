# For other scripts to source: a broker and a model server of their own, for a moment, on free ports of this machine.
# Wants $root, the built checkout. Gives $java and $work, a folder that is deleted at the end as every process in $started is killed.
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
work=$(mktemp -d)
started=''
trap '{ for process in $started; do kill -9 "$process" || true; done; wait; } 2>/dev/null; rm -rf "$work"' EXIT

fail() {
    tail -n 50 "$work"/*.log >&2
    echo "${0##*/}: $1" >&2
    exit 1
}

# Becomes a program of ours, in a small JVM.
program() { # MODULE CLASS ARGUMENT...
    jar=$(echo "$root/$1"/target/saccade-*.jar)
    class=$2
    lib=$root/$1/target/lib
    shift 2
    exec "$java" -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED -cp "$jar:$lib/*" "$class" "$@"
}

# Waits until the process that was started last has said something in its log.
await() { # NAME PATTERN
    hundredths=0
    until grep -q "$2" "$work/$1.log"; do
        kill -0 "$!" 2>/dev/null || fail "the $1 ended too soon"
        [ "$hundredths" -lt 9000 ] || fail "the $1 did not say '$2' within 3 minutes"
        hundredths=$((hundredths + 1))
        sleep 0.02
    done
}

# Starts both, makes the topics, and exports where a service finds everything.
neighbours() {
    program libs/broker io.saccade.broker.Main --data "$work/kafka" >"$work/broker.log" 2>&1 &
    started="$started $!"
    await broker '^READY'
    program services/model-server io.saccade.modelserver.Main --model-repository "$root/triton-models" --grpc-port 0 --http-port 0 \
        --metrics-port 0 >"$work/models.log" 2>&1 &
    started="$started $!"
    await models '^READY'
    SACCADE_KAFKA_BOOTSTRAP_SERVERS=$(sed -n 's/^READY bootstrap=\([^ ]*\) .*/\1/p' "$work/broker.log")
    SACCADE_TRITON_ENDPOINTS=$(sed -n 's/^READY grpc=\([^ ]*\) .*/\1/p' "$work/models.log")
    (program services/cli io.saccade.cli.Main topics apply --kafka "$SACCADE_KAFKA_BOOTSTRAP_SERVERS" --partitions 1) >"$work/topics.log" 2>&1 ||
        fail "the topics could not be made"
    export SACCADE_KAFKA_BOOTSTRAP_SERVERS SACCADE_TRITON_ENDPOINTS SACCADE_MODELS_DIRECTORY="$root/triton-models" \
        SACCADE_JOIN_STATE_DIRECTORY="$work/state" SACCADE_JOIN_DEADLINE=2s HOME="$work" DJL_CACHE_DIR="$work" \
        QUARKUS_HTTP_HOST=127.0.0.1 QUARKUS_HTTP_PORT=0 QUARKUS_OTEL_SDK_DISABLED=true
}
