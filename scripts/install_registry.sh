#!/usr/bin/env bash
# An OCI registry for tests, without root: Debian's docker-registry, unpacked beside the virtual environment's programs.
set -euo pipefail
target=${1:?usage: install_registry.sh DIRECTORY}

if command -v docker-registry >/dev/null || [ -x "$target/docker-registry" ]; then exit 0; fi
for program in apt-get dpkg; do
    command -v "$program" >/dev/null || { echo "no $program here: put docker-registry on PATH for the tests that need an OCI registry" >&2; exit 1; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
if ! apt-get download docker-registry >log 2>&1; then
    # An image without package lists: root may fetch them, anybody else is told.
    if [ "$(id -u)" = 0 ] && apt-get update >>log 2>&1 && apt-get download docker-registry >>log 2>&1; then :; else
        cat log >&2
        echo "docker-registry could not be downloaded: run apt-get update as root, then make registry again" >&2
        exit 1
    fi
fi
dpkg -x docker-registry_*.deb unpacked
cd - >/dev/null
install -m 755 "$work/unpacked/usr/bin/docker-registry" "$target/.docker-registry.new"
mv "$target/.docker-registry.new" "$target/docker-registry"
echo "docker-registry is in $target"
