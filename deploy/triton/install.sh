#!/usr/bin/env bash
# Installs NVIDIA's Triton Inference Server 2.51.0 for the CPU, without Docker: install.sh [DIR], by default .saccade/triton.
#
# DIR gets a Python environment (venv, about 400 MB) and a work folder (server: binary, backends), as run.sh expects them.
# A second run that finds the same versions changes nothing. Needs a Python 3.8 to 3.13 with venv and its shared library.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dir=${1:-$here/../../.saccade/triton}

say() { printf 'triton: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

[ "$(uname -s)" = Linux ] || die "the wheel nvidia-pytriton is for Linux only, this is $(uname -s)"
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

wanted=$(cat "$here/requirements.txt" "$here/install.sh" | cksum)
if [ "$(cat "$dir/installed" 2>/dev/null)" != "$wanted" ]; then
    # Triton starts its Python models in a program that is linked against libpython: the interpreter alone is not enough.
    python='' seen=''
    for candidate in /usr/bin/python3.{11,12,13,10,9,8} python3.{11,12,13,10,9,8} python3; do
        command -v "$candidate" >/dev/null || continue
        version=$("$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
        case $version in 3.8 | 3.9 | 3.10 | 3.11 | 3.12 | 3.13) ;; *) continue ;; esac
        if "$candidate" -c "import ctypes; ctypes.CDLL('libpython$version.so.1.0')" 2>/dev/null &&
            "$candidate" -c 'import venv, ensurepip' 2>/dev/null; then
            python=$candidate
            break
        fi
        seen="${seen:+$seen, }$candidate ($version)"
    done
    if [ -z "$python" ]; then
        [ -z "$seen" ] || die "no shared library or no venv for $seen; on Debian: apt-get install libpython3.11 python3-venv"
        die "no Python 3.8 to 3.13 found; on Debian: apt-get install python3 python3-venv libpython3.11"
    fi

    say "installing into $dir with $python (about 400 MB)"
    rm -rf "$dir/installed" "$dir/venv" "$dir/server"
    "$python" -m venv "$dir/venv"
    "$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt" ||
        die "the wheels of $here/requirements.txt could not be installed; see the lines of pip above"

    packages=$("$dir/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    stub=$packages/pytriton/tritonserver/python_backend_stubs/$version/triton_python_backend_stub
    [ -x "$stub" ] || die "nvidia-pytriton has no program for Python $version: expected $stub"
    say "unpacking the server"
    mkdir "$dir/server"
    for part in bin backends caches; do
        cp -R "$packages/pytriton/tritonserver/$part" "$dir/server/"
    done
    cp "$stub" "$dir/server/backends/python/"
    ln -sr "$packages/nvidia_pytriton.libs" "$dir/server/lib"
    printf '%s' "$wanted" >"$dir/installed"
fi

# Always: it is ours and changes with the checkout.
mkdir -p "$dir/server/backends/onnxruntime"
cp "$here/backends/onnxruntime/model.py" "$dir/server/backends/onnxruntime/model.py"
say "Triton 2.51.0 is in $dir; start it with $here/run.sh"
