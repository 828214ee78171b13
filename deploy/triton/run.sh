#!/usr/bin/env bash
# Runs NVIDIA's Triton (see install.sh) on the loopback interface, in the foreground: it ends with SIGTERM or ^C.
#
#   run.sh MODEL_REPOSITORY [--grpc-port N] [any other flag of tritonserver]
#
# Folders of the repository without a configuration and a version are left out: Triton itself refuses to start on one.
# SACCADE_TRITON is where it was installed, by default .saccade/triton.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dir=${SACCADE_TRITON:-$here/../../.saccade/triton}

die() { printf 'triton: %s\n' "$*" >&2; exit 1; }

[ $# -gt 0 ] || die "expected a model repository, as in: run.sh triton-models"
[ -f "$dir/installed" ] || die "Triton is not installed in $dir; install it with $here/install.sh"
[ -d "$1" ] || die "the model repository $1 is not a folder"
dir=$(cd "$dir" && pwd)
repository=$(cd "$1" && pwd)
shift

# Our backends change with the checkout, and another run may be reading them: each appears at once or not at all.
for backend in "$here"/backends/*/model.py; do
    installed=$dir/server/backends/$(basename "$(dirname "$backend")")/model.py
    if ! cmp -s "$backend" "$installed"; then
        mkdir -p "$(dirname "$installed")"
        cp "$backend" "$installed.$$"
        mv "$installed.$$" "$installed"
    fi
done

# In mode 'none' Triton tries every folder; in 'explicit' only what is named, and load and unload still work.
chosen=()
case " $* " in
    *' --model-control-mode'* | *' --load-model'*) ;;
    *)
        chosen=(--model-control-mode=explicit)
        for model in "$repository"/*/; do
            model=$(basename "$model")
            if ls -d "$repository/$model"/[1-9]*/ >/dev/null 2>&1; then
                chosen+=("--load-model=$model")
            fi
        done
        ;;
esac

# Each Python model has a region of shared memory, which stays behind when Triton is killed. Regions carry the process number, so that
# a later run removes those whose process is gone.
regions=()
case " $* " in
    *shm-region-prefix-name*) ;;
    *)
        for region in /dev/shm/saccade-triton-*; do
            owner=${region#/dev/shm/saccade-triton-}
            if [ -O "$region" ] && ! kill -0 "${owner%%-*}" 2>/dev/null; then
                rm -f "$region"
            fi
        done
        # The number stays when this shell becomes the server.
        regions=("--backend-config=python,shm-region-prefix-name=saccade-triton-$$-")
        ;;
esac

# A repository stays as it is: no __pycache__ beside a model.py.
export PYTHONDONTWRITEBYTECODE=1
# The Python models start 'python3' of the PATH, and find the libraries of the wheel beside it.
export PATH="$dir/venv/bin:$PATH" LD_LIBRARY_PATH="$dir/server/lib"
exec "$dir/server/bin/tritonserver" \
    --model-repository="$repository" \
    --backend-directory="$dir/server/backends" \
    --cache-directory="$dir/server/caches" \
    --grpc-address=127.0.0.1 --http-address=127.0.0.1 --metrics-address=127.0.0.1 \
    --allow-gpu-metrics=false \
    ${regions[@]+"${regions[@]}"} ${chosen[@]+"${chosen[@]}"} "$@"
