#!/usr/bin/env bash
# A real Kubernetes control plane for tests, built from the Go modules that tests/cluster/assets/go.mod pins. Without
# root; some minutes and 6 GB of disk once, 3 GB of which are Go's caches. Run again, it does nothing.
set -euo pipefail
target=${1:?usage: build_kube_assets.sh DIRECTORY}
programs=(etcd kube-apiserver kube-controller-manager)

if ! command -v go >/dev/null; then
    echo "no go here: install Go 1.24 or newer, or set KUBEBUILDER_ASSETS to a directory that holds: ${programs[*]}" >&2
    exit 1
fi
cd "$(dirname "${BASH_SOURCE[0]}")/../tests/cluster/assets"
mkdir -p "$target"
exec 9>"$target/.lock"
flock 9 # a second one waits, and finds it done

stamp=$({ go env GOVERSION; cat go.mod go.sum "$OLDPWD/${BASH_SOURCE[0]}" 2>/dev/null || true; } | sha256sum | cut -d' ' -f1)
if [ "$(cat "$target/.stamp" 2>/dev/null)" = "$stamp" ]; then exit 0; fi

# What a client is told, helm's Capabilities.KubeVersion among them; the module proxy knows no commit.
version=$(go list -m -f '{{.Version}}' k8s.io/kubernetes)
IFS=. read -r major minor _ <<<"${version#v}"
flags="-s -w"
for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    for pair in "gitVersion=$version" "gitMajor=$major" "gitMinor=$minor" gitCommit=go-module gitTreeState=clean; do
        flags+=" -X $package.$pair"
    done
done
work=$(mktemp -d "$target/.build.XXXXXX")
trap 'rm -rf "$work"' EXIT
echo "building ${programs[*]} $version: some minutes, once" >&2
# -dwarf=false spares time and disk: -w drops the debug information anyway.
CGO_ENABLED=0 GOWORK=off GOTMPDIR=$work go build -mod=readonly -buildvcs=false -trimpath -tags notest,grpcnotrace \
    -gcflags all=-dwarf=false -ldflags "$flags" -o "$work/" \
    go.etcd.io/etcd/server/v3 k8s.io/kubernetes/cmd/{kube-apiserver,kube-controller-manager}
mv "$work/server" "$work/etcd" # go names it after its module
rm -f "$target/.stamp"
for program in "${programs[@]}"; do mv "$work/$program" "$target/$program"; done
echo "$stamp" >"$target/.stamp"
echo "${programs[*]} $version are in $target"
