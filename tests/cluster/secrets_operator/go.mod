// The External Secrets Operator of the tests: `make secrets-operator` builds the copy of this module as it is, with its
// own go.mod and go.sum. From v1.0 on it is several modules that refer to each other by path, and does not build so.
module jetscale-cicd/secrets-operator

go 1.24.2

require github.com/external-secrets/external-secrets v0.16.2
