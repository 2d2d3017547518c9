#!/usr/bin/env bash
# A real External Secrets Operator for tests, with its CRDs, built from the Go module that
# tests/cluster/secrets_operator/go.mod pins. Without root; some minutes once. Run again, it does nothing.
set -euo pipefail
target=${1:?usage: build_secrets_operator.sh DIRECTORY}

if ! command -v go >/dev/null; then
    echo "no go here: install Go 1.24 or newer" >&2
    exit 1
fi
cd "$(dirname "${BASH_SOURCE[0]}")/../tests/cluster/secrets_operator"
mkdir -p "$target"
exec 9>"$target/.lock"
flock 9 # a second one waits, and finds it done

stamp=$({ go env GOVERSION; cat go.mod go.sum "$OLDPWD/${BASH_SOURCE[0]}" 2>/dev/null || true; } | sha256sum | cut -d' ' -f1)
if [ "$(cat "$target/.stamp" 2>/dev/null)" = "$stamp" ]; then exit 0; fi

module=github.com/external-secrets/external-secrets
go mod download "$module" # checked against go.sum
read -r version source < <(go list -mod=readonly -m -f '{{.Version}} {{.Dir}}' "$module")
work=$(mktemp -d "$target/.build.XXXXXX")
trap 'rm -rf "$work"' EXIT
echo "building external-secrets $version: some minutes, once" >&2
cp -R "$source" "$work/module"
chmod -R u+w "$work/module"
# Of the thirty providers, and the clouds' libraries that they bring, the tests need one.
echo "package register

import _ \"$module/pkg/provider/aws\"" >"$work/module/pkg/provider/register/register.go"
echo "package register" >"$work/module/pkg/generator/register/register.go"
# -dwarf=false spares time and disk: -w drops the debug information anyway.
(cd "$work/module" && CGO_ENABLED=0 GOWORK=off GOTMPDIR=$work go build -mod=readonly -buildvcs=false -trimpath \
    -gcflags all=-dwarf=false -ldflags "-s -w" -o "$work/external-secrets" .)
rm -f "$target/.stamp"
mv "$work/module/deploy/crds/bundle.yaml" "$target/crds.yaml"
mv "$work/external-secrets" "$target/external-secrets"
echo "$stamp" >"$target/.stamp"
echo "external-secrets $version is in $target"
