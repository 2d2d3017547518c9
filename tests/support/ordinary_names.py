"""Ordinary names, paths and addresses, which are no credentials and are shown as they are; and words to make more."""

CHARTS = [
    "charts/task-scheduler-service",
    "oci://ghcr.example/acme/disk-provisioner",
    "oci://secrets.example.com:5000/charts/app",
    "https://token.example.com:5000/charts",
    "secrets.example.com:5000/charts/app",
    "token.example.com:5000",
    "oci://123456789012.dkr.ecr.eu-central-1.amazonaws.com/charts/token-exchange-service",
    "oci://europe-west3-docker.pkg.dev/acme-prod-1a2b3c/charts/credential-broker",
    "charts/sk-learn-serving-backend-2024",
    "charts/npm_proxy_cache_for_builders",
    "charts/global-secret-store-operator",
]
TARGETS = [
    "desk-frontend-production",
    "risk-engine-platform",
    "global-ingress-controller",
    "glue-jobs-runner-prod",
    "pypi-mirror-internal-eu-west-1",
    "task-sk-frontend-production-eu",
    "glft-platform-service-v2-production",
    "keyjson-eyJournal-service-platform",
]
PATHS = [
    "envs/secret-store=prod.yaml",
    "/run/secrets/kubeconfig",
    "/var/run/secrets/kubernetes.io/serviceaccount/token",
    "envs/live/db-password-rotation.yaml",
    "/mnt/Builds2/ProjectAlpha/ChartsForTeam1/Environments",
]
BRANCHES = [
    "feat/JIRA-1234-AddOauth2ToApi3Gateway",
    "feature-JIRA-1234-AddOauth2ToApi3Gateway-for-tenants",
    "sk-PROJ-123-fix-the-login-page-2",
    "fix/token=refresh",
    "renovate/ghcr.io-acme-disk-provisioner-1.x",
    "dependabot/npm_and_yarn/charts/app/ws-8.17.1",
    "UpgradeK8sTo129AndEks2Nodes",
    "refs/heads/glpat-rotation-for-the-platform-team",
    "release/2024.11.27-1",
    "feat/task/eks2/eks2/eks2/eks2/task/Oauth2",
]
REMOTES = [
    "https://github.com/acme/app.git",
    "git@github.com:acme/app.git",
    "ssh://git@github.com/acme/app.git",
    "https://gitlab.example.com/group/sub-group/token-service.git",
    "git@secrets.example.com:acme/secret-store.git",
    "https://jetscale@dev.azure.com/jetscale/platform/_git/app",
    "git@ssh.dev.azure.com:v3/jetscale/platform/app",
    "https://jetscale@bitbucket.org/jetscale/app.git",
    "git@bitbucket.org:jetscale/app.git",
    "https://deploy@gerrit.example.com/a/app",
    "ssh://deploy@gerrit.example.com:29418/app",
    "ssh://deploy@host/srv/app.git",
    "https://remote@git.example.com/acme/app.git?ref=release",
    "https://git-codecommit.eu-central-1.amazonaws.com/v1/repos/app",
    "codecommit::eu-central-1://profile@app",
    "https://release@codeberg.org/acme/app.git",
    "https://svc-deploy-2024-01-15-prod@git.example.com/app",
]
KUBECONFIGS = [
    "/run/secrets/kubeconfig:/home/ci/.kube/config",
    "/home/ci/.kube/config:/run/secrets/kubeconfig",
    "secrets.yaml:other.yaml",
    "~/.kube/token-admin.conf:./kube/secret",
    "/Users/me/My Secrets/kubeconfig:/tmp/a b/config",
]
ORDINARY = [*CHARTS, *TARGETS, *PATHS, *BRANCHES, *REMOTES]
WORDS = [
    *(
        "task",
        "desk",
        "risk",
        "disk",
        "sk",
        "global",
        "glue",
        "pypi",
        "npm",
        "token",
        "secret",
        "password",
        "eks2",
        "v2",
    ),
    *("service", "frontend", "ingress-controller", "Oauth2", "Api3", "JIRA-1234", "2024", "K8s", "prod", "glpat"),
]
