#!/usr/bin/env bash
# Compares our Triton client with NVIDIA's load generator, perf_analyzer: same server, model, input and number of calls at once, in turn.
#
#   benchmarks/perf-analyzer.sh [ours|triton] [MODEL] [DIM,...] [CONCURRENCY,...] [ROUNDS] [SECONDS]
#
# 'ours' is services/model-server, 'triton' is what deploy/triton/install.sh installs. MODEL has one input, of these dimensions for one item;
# it is identity_uint8 of protocol-tests, which does nothing, or one of triton-models.
# perf_analyzer comes out of NVIDIA's wheel tritonclient 2.51.0 and lies in .saccade/perf-analyzer. It needs libb64 of Debian, which is
# unpacked beside it, and a CUDA runtime it never calls, which lies in the wheel of deploy/triton.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
server=${1:-ours}
model=${2:-identity_uint8}
dims=${3:-150528}
concurrency=${4:-4,16,64}
rounds=${5:-3}
seconds=${6:-5}
dir=$root/.saccade/perf-analyzer
triton=${SACCADE_TRITON:-$root/.saccade/triton}

say() { printf 'perf-analyzer: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

[ "$(uname -s)" = Linux ] || die "perf_analyzer is for Linux only, this is $(uname -s)"
[ -f "$triton/installed" ] || die "NVIDIA's Triton is not in $triton, and its CUDA runtime is needed; install it with deploy/triton/install.sh"
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
for jar in "$root/benchmarks/target/saccade-benchmarks-0.1.0-SNAPSHOT.jar" "$root/services/model-server/target/saccade-model-server-0.1.0-SNAPSHOT.jar"; do
    [ -f "$jar" ] || die "$jar is not built; build it with: mvn -pl benchmarks,services/model-server -am package -Dmaven.test.skip=true"
done

if [ ! -x "$dir/perf_analyzer" ]; then
    mkdir -p "$dir/wheel" "$dir/lib"
    say "fetching tritonclient 2.51.0 into $dir"
    "$triton/venv/bin/python" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
        --platform manylinux1_x86_64 --dest "$dir" tritonclient==2.51.0 || die "the wheel could not be fetched"
    (cd "$dir/wheel" && "$triton/venv/bin/python" -m zipfile -e "$dir"/tritonclient-2.51.0-*.whl .)
    if ! ldconfig -p | grep -q 'libb64\.so\.0d'; then
        (cd "$dir" && apt-get download libb64-0d && dpkg -x libb64-0d_*.deb libb64 && find libb64 -name 'libb64.so.0d*' -exec cp -P {} lib/ \;) ||
            die "libb64.so.0d is needed; on Debian and Ubuntu: apt-get install libb64-0d"
    fi
    cudart=$(find -L "$triton/server/lib" -name 'libcudart-*.so.12*' | head -n 1)
    [ -n "$cudart" ] || die "no libcudart-*.so.12* in $triton/server/lib"
    ln -sf "$cudart" "$dir/lib/libcudart.so.12"
    cp "$dir"/wheel/tritonclient-2.51.0.data/data/bin/perf_analyzer "$dir/perf_analyzer"
    chmod +x "$dir/perf_analyzer"
fi

log=$(mktemp)
trap 'kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; rm -f "$log"' EXIT
models=$root/protocol-tests/src/test/resources/repository
[ -d "$models/$model" ] || models=$root/triton-models
[ -d "$models/$model" ] || die "there is no model '$model', neither in protocol-tests nor in triton-models"
options=(--model-control-mode=explicit "--load-model=$model")
case $server in
    ours)
        "$java" -Xmx1g --enable-native-access=ALL-UNNAMED \
            -cp "$root/services/model-server/target/saccade-model-server-0.1.0-SNAPSHOT.jar:$root/services/model-server/target/lib/*" \
            io.saccade.modelserver.Main --model-repository "$models" --grpc-port 0 --http-port 0 --metrics-port 0 "${options[@]}" >"$log" 2>&1 &
        pid=$!
        ready='s/^READY grpc=\([^ ]*\) .*/\1/p'
        ;;
    triton)
        "$root/deploy/triton/run.sh" "$models" --grpc-port 18001 --http-port 18000 --metrics-port 18002 "${options[@]}" >"$log" 2>&1 &
        pid=$!
        ready='s/.*Started GRPCInferenceService at \([0-9.:]*\).*/\1/p'
        ;;
    *) die "expected 'ours' or 'triton', got '$server'" ;;
esac
endpoint=''
for _ in $(seq 240); do
    endpoint=$(sed -n "$ready" "$log" | head -n 1)
    [ -z "$endpoint" ] || break
    kill -0 "$pid" 2>/dev/null || { cat "$log" >&2; die "the server ended without getting ready"; }
    sleep 0.5
done
[ -n "$endpoint" ] || die "the server was not ready within two minutes"

say "server '$server' at $endpoint, $model $dims, $concurrency at once, $rounds rounds of $seconds s each"
LD_LIBRARY_PATH="$dir/lib" "$java" -Xmx1g -cp "$root/benchmarks/target/saccade-benchmarks-0.1.0-SNAPSHOT.jar:$root/benchmarks/target/lib/*" \
    io.saccade.benchmarks.client.PerfAnalyzerComparison \
    "$dir/perf_analyzer" "$endpoint" "$model" "$dims" "$concurrency" "$rounds" "$seconds"
