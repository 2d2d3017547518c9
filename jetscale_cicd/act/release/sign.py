"""Signatures of a package: Helm's provenance file, and a command such as cosign's; both off by default.

`helm package --sign` signs the archive that helm writes, and ours is rewritten so that a commit gives the same bytes
on any machine. So the provenance file is written here, in the format of Helm's `pkg/provenance`: Chart.yaml, a line of
three dots, the archive's digest, clear-signed. `helm push` pushes it, `helm verify` and `helm pull --verify` read it.
"""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from jetscale_cicd.context import RunContext
from jetscale_cicd.decide.chart.packed import read_archive
from jetscale_cicd.errors import PreconditionError, PublishError
from jetscale_cicd.model.record import frozen
from jetscale_cicd.model.release import Artifact, Present, RegistryAnswer
from jetscale_cicd.tools.gpg import Gpg
from jetscale_cicd.tools.process import Processes, ProcessTimeout

_TIMEOUT_SECONDS = 300
_MAX_MESSAGE_CHARS = 1000


@frozen(kw_only=True)
class Signer:
    """How packages are signed.

    Args:
        processes: starts gpg and the command.
        env: their environment.
        key: user id of the OpenPGP key, "" for no provenance file.
        command: arguments of the command, beginning with its program; () for none.
        root: working directory of the command.
    """

    processes: Processes
    env: Mapping[str, str]
    key: str
    command: Sequence[str]
    root: Path

    def write_provenance(self, artifact: Artifact) -> None:
        """Write ``…tgz.prov`` beside the archive, where a key is configured.

        Raises:
            PublishError: ``SIGN_FAILED``.
        """
        if not self.key:
            return
        archive = Path(artifact.path)
        unsigned = archive.with_name(f"{archive.name}.unsigned")
        unsigned.write_bytes(provenance(archive.name, archive.read_bytes(), artifact.digest))
        Gpg(self.processes, self.env).clear_sign(unsigned, archive.with_name(f"{archive.name}.prov"), self.key)

    def run_command(self, artifact: Artifact, reference: str, answer: RegistryAnswer) -> str:
        """Run the command on the published package, which must be this artifact.

        Args:
            reference: ``oci://…/chart``.
            answer: what the registry holds.

        Raises:
            PublishError: ``SIGN_FAILED``, or ``REGISTRY_LACKS``, the registry holds another package by now.
        """
        if not isinstance(answer, Present) or answer.digest != artifact.digest:
            hint = "run again: the next run observes the registry again"
            message = f"the registry does not hold {artifact.digest}, which was to be signed"
            raise PublishError("REGISTRY_LACKS", message, where=reference, hint=hint)
        image = f"{reference.removeprefix('oci://')}@{answer.manifest}"
        filled = {"{image}": image, "{version}": str(artifact.version)}
        argv = [re.sub("|".join(map(re.escape, filled)), lambda found: filled[found[0]], word) for word in self.command]
        try:
            finished = self.processes.run(argv, env=self.env, cwd=self.root, timeout=_TIMEOUT_SECONDS)
            output = " ".join((finished.stderr or finished.stdout.decode("utf-8", "replace")).split())
            message = f"exit status {finished.status}: {self.processes.redact(output)[-_MAX_MESSAGE_CHARS:]}"
            failed = finished.status != 0
        except (ProcessTimeout, PreconditionError) as unfinished:
            message, failed = str(unfinished), True
        if failed:
            hint = "correct it and run again; a package that was rebuilt from its tag is not signed by a later run"
            raise PublishError("SIGN_FAILED", f"{argv[0]} failed: {message}", where=image, hint=hint)
        return f"{argv[0]} signed {image}"


def signer_of(context: RunContext) -> Signer:
    """The signer of the configuration."""
    signing, root = context.settings.signing, context.repository.git.root
    return Signer(
        processes=context.processes, env=os.environ, key=signing.key, command=signing.command_at(root), root=root
    )


def provenance(name: str, content: bytes, digest: str) -> bytes:
    """The text of the provenance file of an archive, before it is signed."""
    # The Chart.yaml files of subcharts are deeper in the tree.
    files = {file.name: file.content for file in read_archive(content) if file.name.count("/") == 1}
    metadata = next(text for path, text in files.items() if path.endswith("/Chart.yaml"))
    return metadata.rstrip(b"\n") + b"\n\n...\n" + f"files:\n  {name}: {digest}\n".encode()
