#!/bin/sh
# Fetches the test pictures of other projects, many of them broken on purpose, for './saccade corpus'. They come from where
# this machine gets its Python packages (pip) and its Debian source packages (apt) and are never part of this repository;
# each archive must have the digest below. Their licences are those of their projects.
#
# Usage: fuzz/corpus.sh [FOLDER]     (default: .saccade/corpus)
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
corpus=${1:-$root/.saccade/corpus}
work=$corpus.work
python=${SACCADE_PYTHON:-$root/.saccade/python/bin/python}
[ -x "$python" ] || python=python3
mkdir -p "$corpus" "$work/apt/parts" "$work/apt/lists/partial" "$work/apt/cache" "$work/archives"

say() { printf '%s\n' "$*" >&2; }

# The machine's own package sources, asked for source packages instead.
for list in /etc/apt/sources.list.d/*.sources; do
    [ -f "$list" ] && sed 's/^Types:.*/Types: deb-src/' "$list" >"$work/apt/parts/$(basename "$list")"
done
[ -f /etc/apt/sources.list ] && sed -n 's/^deb /deb-src /p' /etc/apt/sources.list >"$work/apt/parts/main.list"
apt() {
    apt-get -q -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$work/apt/parts" \
        -o Dir::State::Lists="$work/apt/lists" -o Dir::Cache="$work/apt/cache" "$@"
}

fetch_source() { # PACKAGE, of whose upstream version the digest below is, ARCHIVE; Debian's own part of it may be gone
    apt source --download-only "$1" >"$work/apt.log" 2>&1 || [ -f "$2" ] || { say "could not fetch $1; the end of $work/apt.log:"; tail -n 2 "$work/apt.log" >&2; return 1; }
}

fetch_wheel() { # NAME==VERSION
    "$python" -m pip download --quiet --no-deps --no-binary :all: "$1" -d . || { say "could not fetch $1"; return 1; }
}

cd "$work/archives"
apt update >"$work/apt.log" 2>&1 || say "the lists of source packages could not be fetched; see $work/apt.log"
missing=0
while read -r how what archive digest; do
    [ -f "$archive" ] || "fetch_$how" "$what" "$archive" || { missing=$((missing + 1)); continue; }
    if ! printf '%s  %s\n' "$digest" "$archive" | sha256sum --check --status; then
        say "$archive has another digest than expected; it is not used"
        missing=$((missing + 1))
        continue
    fi
    name=${archive%%[-_]*}
    mkdir -p "$work/$name" "$corpus/$name"
    tar -xf "$archive" -C "$work/$name"
    # One folder a project; a name may be there twice in its tree, so each gets a number.
    number=0
    find "$work/$name" -type f -size +0 | LC_ALL=C sort | while read -r file; do
        case $(printf '%s' "${file##*.}" | tr '[:upper:]' '[:lower:]') in
            jpg | jpeg | png | apng | gif | bmp | dib | tif | tiff | webp | avif | heic | ico | psd | jp2 | mpo | svg | tga | ppm | pgm | pbm | exv | xmp | cr2 | crw)
                number=$((number + 1))
                cp "$file" "$corpus/$name/$number-$(basename "$file" | tr -c 'A-Za-z0-9._\n-' '_')"
                ;;
        esac
    done
    rm -rf "${work:?}/$name"
done <<'ARCHIVES'
wheel pillow==12.3.0 pillow-12.3.0.tar.gz 3b8182a766685eaa002637e28b4ec8d6b18819a0c71f579bf0dbaa5830297cce
source exiv2 exiv2_0.27.6.orig.tar.gz f16ee5ff08b6994c66106109417857f13e711fca100ac43c6a403d4f02b59602
source gdk-pixbuf gdk-pixbuf_2.42.10+dfsg.orig.tar.xz 46663e445468e92f4a0ca876b02aed4f8758595ee3acfaa6ef3ba2b29e1c1930
source leptonlib leptonlib_1.82.0.orig.tar.gz 155302ee914668c27b6fe3ca9ff2da63b245f6d62f3061c8f27563774b8ae2d6
source libpng1.6 libpng1.6_1.6.39.orig.tar.gz a00e9d2f2f664186e4202db9299397f851aea71b36a35e74910b8820e380d441
source libjpeg-turbo libjpeg-turbo_2.1.5.orig.tar.gz 254f3642b04e309fee775123133c6464181addc150499561020312ec61c1bf7c
source tiff tiff_4.5.0.orig.tar.bz2 638f43d7dea33948d5dee7f39572fc0194d9cc3c74195de9dd26a4388a1f880a
ARCHIVES
say "$(find "$corpus" -type f | wc -l) files in $corpus; $missing archives are missing"
[ "$missing" -eq 0 ]
