"""What the page of the preconditions says of each beside its table: who owns it, why it is asked, and what to do."""

from typing import NamedTuple


class Note(NamedTuple):
    """What is said of one check."""

    owner: str
    text: str
    remedy: str


_CONFIG, _GIT, _REGISTRY = "`.stage6.yaml`", "the repository", "the registry"
_TERRAFORM, _PEOPLE, _HELM, _CLUSTER, _CI = "Terraform", "people", "the chart", "the cluster", "the CI"

NOTES: dict[str, Note] = {
    "configuration": Note(
        _CONFIG,
        "A run acts on nothing that is a default.",
        "paste the lines that the error shows, with your own values.",
    ),
    "tags": Note(
        _GIT, "Where only commits are compared, the release tags have to be here.", "fetch them: `git fetch --tags`."
    ),
    "release-branch": Note(
        _GIT,
        "A pull request, a fork, a merge queue and any other branch release and deploy nothing.",
        "merge the commit, or add its branch to `release.branches`.",
    ),
    "released": Note(
        _REGISTRY,
        "`deploy` publishes nothing, so the version of its commit is in the registry and tagged.",
        "`jetscale-cicd release` first, or `jetscale-cicd stage6` for both.",
    ),
    "release-commit": Note(
        _GIT,
        "With `release.commit`, the release commit goes on top of the commit that is released.",
        "run for the tip of the branch.",
    ),
    "push-address": Note(
        _GIT, "A tag is pushed to the repository from which releases are read.", "correct `remote.NAME.pushurl`."
    ),
    "release-remote": Note(
        _GIT, "python-semantic-release's `remote.name` is the remote that gets the tags.", "remove the key, or rename."
    ),
    "first-release": Note(
        _GIT, "What looks like a first release may be tagged in another format.", "set `chart.tag_format`."
    ),
    "tag-format": Note(_GIT, "A higher version may be tagged in another format.", "set `chart.tag_format`."),
    "tag-possible": Note(_GIT, "git holds no ref beside one that is its folder.", "delete the ref that is in the way."),
    "published": Note(
        _REGISTRY,
        "A package that was replaced after its release is not deployed.",
        "compare both with `jetscale-cicd verify-chart TAG`; accept one with `jetscale-cicd adopt TAG`.",
    ),
    "observed": Note(
        _CLUSTER,
        "What is deployed is seen before it is replaced.",
        "correct the kubeconfig, the network or the rights that the error names.",
    ),
    "hold": Note(
        _PEOPLE,
        "A rollback that a person or a failed run made is not undone, and nothing newer is replaced. "
        "A run does nothing then, and is green; a preflight is not ready.",
        "fix forward, or `--release-hold`.",
    ),
    "pending": Note(
        _CLUSTER,
        "A revision that is pending belongs to a helm, or a run, that is at work or died. It only warns: a run waits "
        "for another run, recovers what died, and waits for a helm outside Stage 6.",
        "wait until it ends: `jetscale-cicd status` names who holds the release.",
    ),
    "elsewhere": Note(
        _CONFIG,
        "A first install may be a release that is in another namespace already.",
        "correct `namespace`, if that release is meant.",
    ),
    "namespace": Note(
        _TERRAFORM,
        "It is not being deleted either. With `create_namespace: true` the run makes it, before the lock.",
        "`kubectl create namespace NAME`, or `create_namespace: true`.",
    ),
    "values": Note(
        _CONFIG,
        "They are YAML that helm takes, and their `global.client_name` and `global.env` are those of the target.",
        "correct the file that the error names.",
    ),
    "objects": Note(
        _HELM,
        "It is packaged and rendered with the values of the target, as its cluster would.",
        "`jetscale-cicd simulate --target NAME` shows the same on any machine.",
    ),
    "cluster": Note(
        _CONFIG,
        "A context that was renamed or switched never deploys to another cluster. The target names its cluster "
        "(`cluster:`); where it does not, the first deploy records it in a ref of the remote, "
        "`refs/stage6/cluster/TARGET/…`, and later runs are held to that.",
        "choose the right context; to move a target for good, set its `cluster:`.",
    ),
    "vault-values": Note(
        _PEOPLE,
        "Each entry exists, has a current value that is a JSON object, and has its keys with a value. The values are "
        "looked at by the check alone; with `aws_values: describe` not even that.",
        "put the value into the vault, as the error shows.",
    ),
    "external-secrets": Note(
        _TERRAFORM,
        "External Secrets Operator is served and at work, the stores are ready, and each ExternalSecret of the "
        "contract is synced: with its present generation, recently, and with its Secret. A store that is ready is no "
        "proof of access; that an ExternalSecret was refreshed within its interval is.",
        "the error has the cause from the operator's own event.",
    ),
    "contract-secrets": Note(
        _PEOPLE,
        "What this very release makes need not be there before.",
        "correct its source where an operator makes it; else the error has the command that makes it.",
    ),
    "crds": Note(
        _HELM,
        "Helm makes what is in `crds/` of the chart and its subcharts in a first install, and never changes it. With "
        "`crds: check` each CustomResourceDefinition has to be as packaged, and in an upgrade it has to be there; with "
        "`crds: apply` the run applies them, and only what cannot be applied without harm is unmet: a version in which "
        "objects are stored is gone, scope, group or kind differ, or the API server does not take it in a dry run.",
        "apply it with the command of the error, or set `crds: apply` ([more](deploy.md#crds)).",
    ),
    "chart-needs": Note(
        _HELM,
        "Every Secret and key, ConfigMap, pull secret, ServiceAccount, claim, class and kind that the rendered objects "
        "name exists, or this release makes it before it is needed. A `pre-*` hook that needs what the release makes "
        "later, and a pod that waits for what a `post-*` hook makes, wait for ever, and are named as such. A class of "
        "the cluster that the account may not see is a warning, as an account of one namespace sees none; so is a pull "
        "secret that the live revision does without.",
        "make what is missing, as the error shows, or correct the values line that it names.",
    ),
    "ownership": Note(
        _CLUSTER,
        "Helm refuses to take an object that another release or nobody owns, half-way through a deploy.",
        "delete it, or give it to this release with the command of the error.",
    ),
    "ingress-hosts": Note(
        _CLUSTER,
        "Two Ingresses with one host and path get the traffic by chance.",
        "give one of them another host or path.",
    ),
    "rights": Note(
        _TERRAFORM,
        "Each verb that the objects and the run itself need is asked of the cluster (SelfSubjectAccessReview).",
        "grant the rule that the error shows.",
    ),
    "credential-life": Note(
        _CI,
        "A token or a certificate that ends before the `timeout` of the target would end a deploy half-way.",
        "get a new one for this run, or one that lives longer.",
    ),
    "policy": Note(
        _HELM,
        "Every object that is new or changed is sent to the API server as a dry run with strict validation, and a pod "
        "of each changed workload: schema, admission, quota, immutable fields. What the deployed revision has already "
        "is not tried again: helm 3 does not send it, and where helm 4 does, a rule that is newer than that revision "
        "shows in the deploy. A quota has to have room for each object by itself. To helm 3 a field that is none is a "
        "warning, and so it is a note here. Helm's own rules count, too: a hook of an earlier deploy that it does not "
        "delete before, and a `generateName`, fail where the helm of the run would fail.",
        "the error has the server's own words, and who has to change what.",
    ),
    "release-size": Note(
        _HELM,
        "Helm keeps a release in one Secret, and Kubernetes takes 1 MiB in one.",
        "take files out of the package (`.helmignore`), or split the chart.",
    ),
    "push-right": Note(
        _CI,
        "`git push --dry-run` of the tag and of the reservation. A server's hook and a protected tag show only later.",
        "give the run the right to push (`contents: write` at GitHub).",
    ),
    "registry-right": Note(
        _CI, "An upload is begun, and given up.", "log in to the registry with an account that may push."
    ),
    "own-checks": Note(
        _PEOPLE,
        "Commands that the target names in `own_checks`, and functions of installed packages under the entry point "
        "`jetscale_cicd.checks`. [Your own checks](#your-own-checks) has both.",
        "what the check says.",
    ),
    "needs": Note(
        _CONFIG,
        "A target that another one needs (`needs:`) has the version first.",
        "deploy that one first, or both in one run.",
    ),
    "secrets": Note(
        _CI, "The variables of `secrets:` are set, and long enough to be masked.", "set the variable for the step."
    ),
    "pull-login": Note(
        _CI,
        "The login of `image_pull_secret`, from which a deploy makes the Secret.",
        "set the variable, or `docker login HOST`.",
    ),
    "smoke-test": Note(
        _CI,
        "The program of `verify.command` is there and can be run, the variables of `verify.environment` are set and "
        "long enough to be masked. It is run after a deploy alone.",
        "commit it as an executable file, or set the variable for the step.",
    ),
    "pull-secret": Note(
        _CONFIG,
        "A run changes no Secret of its name that somebody else keeps, and Helm takes none that the run has made.",
        "choose another name, or label it as the error shows.",
    ),
    "engine": Note(
        _CI,
        "There is a kubeconfig and a kubectl for the engine `helm`, a directory of its own for `render`.",
        "set `KUBECONFIG`, or choose another engine.",
    ),
    "audit": Note(_CI, "The file of `--audit`.", "name a file in a directory that exists."),
    "signer": Note(_CI, "gpg, or the command of `release.sign_command`.", "install it on the machine of the run."),
}
