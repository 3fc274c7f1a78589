"""
A throw-away certificate authority for the sandbox: a key for every node, and what all of them trust.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from gateway.core.directory import Directory
from gateway.core.model import NodeId
from signing.devpki import DevPki, KeyKind, create, write_pem

ROOTS, LISTS = "trust", "crl"


class SandboxPki:
    """Root, revocation lists and node keys below one folder; RSA keys, like public-duty ones, or `kind`."""

    def __init__(self, folder: Path, at: datetime, kind: KeyKind = KeyKind.RSA_2048) -> None:
        self._folder, self._at, self._kind = folder, at, kind
        self._pki: DevPki = create(at, name="Truc sandbox")
        self._pki.write(folder, at)
        self.roots, self.revocation_lists = folder / ROOTS, folder / LISTS
        self.roots.mkdir()
        (folder / "root.pem").rename(self.roots / "root.pem")

    def key_file(self, node: NodeId) -> Path:
        """The key file of a node, made now; only its owner may read it."""
        path = self._folder / f"{node}.pem"
        write_pem(path, self._pki.issue(node, self._at, kind=self._kind))
        return path

    def settings(self, node: NodeId) -> dict[str, str]:
        """The `[seal]` section of a node."""
        return {
            "key_file": str(self.key_file(node)),
            "trust_dir": str(self.roots),
            "crl_dir": str(self.revocation_lists),
        }


def make_pki(
    folder: Path, directory: Directory, at: datetime, kind: KeyKind = KeyKind.RSA_2048
) -> dict[NodeId, dict[str, str]]:
    """A PKI below `folder`, and the `[seal]` section of every node of the directory."""
    folder.mkdir(parents=True, exist_ok=True)
    pki = SandboxPki(folder, at, kind)
    return {node: pki.settings(node) for node in directory.nodes}
