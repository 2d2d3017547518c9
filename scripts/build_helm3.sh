#!/usr/bin/env bash
# helm 3 from the Go module that requirements/helm3/go.mod pins; prints where it is. Some minutes once for a pin and a
# version of Go; run again, or by another clone, it does nothing.
set -euo pipefail
target=${1:?usage: build_helm3.sh DIRECTORY}
mkdir -p "$target"
target=$(cd "$target" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")/../requirements/helm3"
exec 9>"$target/.lock"
flock 9 # a second one waits, and finds it done

export CGO_ENABLED=0 GOWORK=off
version_of() { go list -mod=readonly -m -f '{{.Version}}' "$1"; }
version=$(version_of helm.sh/helm/v3)
key=$({ go env GOVERSION GOOS GOARCH && cat go.mod go.sum ../../scripts/build_helm3.sh; } | sha256sum | cut -c1-16)
helm=$target/helm-$version-$key
if [ -x "$helm" ]; then echo "$helm"; exit 0; fi

# As helm's own Makefile does: the version, and that of the Kubernetes which `helm template` assumes.
client=$(version_of k8s.io/client-go)
minor=${client#v0.}
flags="-s -w -X helm.sh/helm/v3/internal/version.version=$version"
for package in lint/rules chartutil; do
    flags+=" -X helm.sh/helm/v3/pkg/$package.k8sVersionMajor=1"
    flags+=" -X helm.sh/helm/v3/pkg/$package.k8sVersionMinor=${minor%%.*}"
done
work=$(mktemp -d "$target/.build.XXXXXX")
trap 'rm -rf "$work"' EXIT
echo "building helm $version: some minutes, once" >&2
GOTMPDIR=$work go build -mod=readonly -buildvcs=false -trimpath -gcflags all=-dwarf=false -ldflags "$flags" \
    -o "$work/helm" helm.sh/helm/v3/cmd/helm
built=$("$work/helm" version --template '{{.Version}}')
[ "$built" = "$version" ] || { echo "what was built calls itself $built, and $version was to be built" >&2; exit 1; }
mv "$work/helm" "$helm"
echo "$helm"
