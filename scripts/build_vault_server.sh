#!/usr/bin/env bash
# A real HashiCorp Vault for tests, with the KV engine alone and in memory, built from the Go modules that
# tests/support/vault_server/go.mod pins. Without root; some minutes once. Run again, it does nothing.
# Vault 1.21 is under the Business Source License 1.1: this one is for tests, and is given to nobody.
set -euo pipefail
target=${1:?usage: build_vault_server.sh DIRECTORY}

if ! command -v go >/dev/null; then
    echo "no go here: install Go 1.25 or newer" >&2
    exit 1
fi
cd "$(dirname "${BASH_SOURCE[0]}")/../tests/support/vault_server"
mkdir -p "$target"
exec 9>"$target/.lock"
flock 9 # a second one waits, and finds it done

stamp=$({ go env GOVERSION; cat main.go go.mod go.sum "$OLDPWD/${BASH_SOURCE[0]}" 2>/dev/null || true; } | sha256sum | cut -d' ' -f1)
if [ "$(cat "$target/.stamp" 2>/dev/null)" = "$stamp" ]; then exit 0; fi

module=github.com/hashicorp/vault
go mod download "$module" # checked against go.sum
read -r version source < <(go list -mod=readonly -m -f '{{.Version}} {{.Dir}}' "$module")
work=$(mktemp -d "$target/.build.XXXXXX")
trap 'rm -rf "$work"' EXIT
echo "building vault $version: some minutes, once" >&2
cp -R "$source" "$work/vault"
cp main.go go.mod go.sum "$work/"
chmod -R u+w "$work"
# The module's own ./sdk is published a little older than the module: one of its functions has a parameter more.
sed -i.old 's/ActivationFunc(ctx, nil)/ActivationFunc(ctx, nil, "")/' "$work/vault/vault/logical_system_activation_flags.go"
sed -i.old 's/ActivationFunc: iStore.activateDeduplication,/ActivationFunc: func(ctx context.Context, req *logical.Request, _ string) error { return iStore.activateDeduplication(ctx, req) },/' \
    "$work/vault/vault/identity_store.go"
cd "$work"
go mod edit -replace "$module=./vault"
# -dwarf=false spares time and disk: -w drops the debug information anyway.
CGO_ENABLED=0 GOWORK=off GOTMPDIR=$work go build -mod=readonly -buildvcs=false -trimpath \
    -gcflags all=-dwarf=false -ldflags "-s -w" -o "$work/vault-server" .
rm -f "$target/.stamp"
mv "$work/vault-server" "$target/vault-server"
echo "$stamp" >"$target/.stamp"
echo "vault $version is in $target"
