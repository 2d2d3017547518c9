"""Signatures of a package: Helm's provenance file, and a command such as cosign's; both off by default.

`helm package --sign` signs the archive that helm writes, and ours is packed anew so that a commit gives the same bytes
anywhere. So the provenance file is written here, as Helm's `pkg/provenance` has it: Chart.yaml, a line of three dots,
the archive's digest, clear-signed. `helm push` takes it along, `helm verify` and `helm pull --verify` read it.
"""

import io
import os
import re
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jetscale_cicd.context import RunContext
from jetscale_cicd.errors import PreconditionError, PublishError
from jetscale_cicd.model.release import Artifact, Present, RegistryAnswer
from jetscale_cicd.tools.gpg import Gpg
from jetscale_cicd.tools.process import Processes, ProcessTimeout

_TIMEOUT = 300
_LONGEST = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """How packages are signed.

    Args:
        processes: starts gpg and the command.
        env: their environment.
        key: user id of the OpenPGP key, "" where no provenance file is wanted.
        command: words of the command, its program as it is to be started; () where there is none.
        root: where it runs.
    """

    processes: Processes
    env: Mapping[str, str]
    key: str
    command: Sequence[str]
    root: Path

    def write_provenance(self, artifact: Artifact) -> None:
        """Put ``…tgz.prov`` beside the archive, where a key is configured.

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
        """Run the command on the published package, which has to be ours.

        Args:
            reference: ``oci://…/chart``.
            answer: what the registry holds.

        Raises:
            PublishError: ``SIGN_FAILED``, or ``REGISTRY_LACKS`` where the registry holds something else by now.
        """
        if not isinstance(answer, Present) or answer.digest != artifact.digest:
            hint = "run again: it observes anew"
            message = f"the registry does not hold {artifact.digest}, which was to be signed"
            raise PublishError("REGISTRY_LACKS", message, where=reference, hint=hint)
        image = f"{reference.removeprefix('oci://')}@{answer.manifest}"
        filled = {"{image}": image, "{version}": str(artifact.version)}
        argv = [re.sub("|".join(map(re.escape, filled)), lambda found: filled[found[0]], word) for word in self.command]
        try:
            finished = self.processes.run(argv, env=self.env, cwd=self.root, timeout=_TIMEOUT)
            words = " ".join((finished.stderr or finished.stdout.decode("utf-8", "replace")).split())
            said = f"exit status {finished.status}: {self.processes.redact(words)[-_LONGEST:]}"
            failed = finished.status != 0
        except (ProcessTimeout, PreconditionError) as unfinished:
            said, failed = str(unfinished), True
        if failed:
            hint = "mend it and run again; a package that was rebuilt from its tag is not signed by a later run"
            raise PublishError("SIGN_FAILED", f"{argv[0]} failed: {said}", where=image, hint=hint)
        return f"{argv[0]} signed {image}"


def signer_of(context: RunContext) -> Signer:
    """The signer that the configuration asks for."""
    signing, root = context.settings.signing, context.repository.git.root
    return Signer(
        processes=context.processes, env=os.environ, key=signing.key, command=signing.command_at(root), root=root
    )


def provenance(name: str, content: bytes, digest: str) -> bytes:
    """The text that gets signed for an archive."""
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        # Its subcharts have theirs further down.
        chart = next(path for path in archive.getnames() if path.count("/") == 1 and path.endswith("/Chart.yaml"))
        source = archive.extractfile(chart)
        metadata = source.read() if source else b""
    return metadata.rstrip(b"\n") + b"\n\n...\n" + f"files:\n  {name}: {digest}\n".encode()
