"""
`truc seal`: an agency seals a letter with its own key, at its own desk.

By law the key stays with the agency's clerk: it never lies on a node. Spec: ND30/32, ND30/33
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from gateway.cli import letter_file
from gateway.cli.screen import AsJson, Screen, size_text, speaking

if TYPE_CHECKING:
    from gateway.core.errors import Finding
    from signing.asice import Content
    from signing.keys import SealKey

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


def seal(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="Tệp edXML · edXML file")
    ],
    key: Annotated[
        Path,
        typer.Option(
            exists=True,
            dir_okay=False,
            metavar="PEM|P12",
            help="Khóa của cơ quan kèm chứng thư, quyền 0600 · Key of the agency with its certificate, 0600",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", dir_okay=False, help="Tệp đích, mặc định FILE.asice · Where to write it"
        ),
    ] = None,
    certificates: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            metavar="PEM",
            help="Chứng thư, khi không nằm trong tệp khóa · Certificates that are not in the key file",
        ),
    ] = None,
    key_password: Annotated[
        str,
        typer.Option(
            metavar="env:NAME|file:PATH",
            help="Nơi để mật khẩu của tệp khóa · Where the password of the key file lies",
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """
    Ký niêm phong một văn bản bằng khóa của cơ quan · Seal a letter with the agency's own key.

    Khóa không rời máy này; gửi tệp .asice thay cho tệp edXML.
    The key never leaves this machine; send the .asice file instead of the edXML file.

    \b
    truc seal congvan.edxml --key coquan.pem -o congvan.asice
    truc seal congvan.edxml --key coquan.p12 --key-password env:MAT_KHAU
    """
    target = output or file.with_suffix(".asice")
    if target.exists() and target.samefile(file):
        raise typer.BadParameter("tệp đích trùng tệp nguồn · it would overwrite FILE", param_hint="--output")
    with speaking(as_json) as screen, ExitStack() as stack:
        at = datetime.now(UTC)
        signer = _signer(key, certificates, key_password, at)
        with screen.progress("Đang đọc · reading", file.stat().st_size) as step:
            letter = stack.enter_context(letter_file.opened(file, step))
        findings = _unless_refused(letter, at)
        size = _write_sealed(screen, target, letter, signer, at)
        _tell_sealed(screen, target, size, letter, signer, at, findings)


def _signer(key: Path, certificates: Path | None, password: str, at: datetime) -> SealKey:
    """Raises: Misconfigured for a key that cannot seal, or whose seal nobody would accept."""
    from gateway.core.catalogue import CONFIG_BAD_VALUE, KEY_FILE_OPEN
    from gateway.core.errors import Misconfigured, find
    from signing.keys import KeyRefused, OpenKeyFile, WrongPassphrase, load_key
    from signing.policy import POLICY
    from signing.report import REASONS
    from signing.standing import check_certificate

    try:
        loaded = load_key(key, certificates=certificates, passphrase=_password(password))
    except OpenKeyFile as refused:
        raise Misconfigured(find(KEY_FILE_OPEN, path=key)) from refused
    except WrongPassphrase as refused:
        detail = f"mật khẩu thiếu hoặc sai · {refused.detail}"
        raise Misconfigured(find(CONFIG_BAD_VALUE, key="--key-password", detail=detail)) from refused
    except KeyRefused as refused:
        raise Misconfigured(find(CONFIG_BAD_VALUE, key="--key", detail=str(refused))) from refused
    faults = [
        find(CONFIG_BAD_VALUE, key="--key", detail=f"{' · '.join(REASONS[o.reason])} ({o.detail})")
        for o in check_certificate(loaded.certificate, at, POLICY)
    ]
    if faults:
        raise Misconfigured(*faults)
    return loaded


def _password(reference: str) -> bytes | None:
    """Raises: Misconfigured if it cannot be read."""
    if not reference:
        return None
    from gateway.config.values import Secret

    source, _, name = reference.partition(":")
    if source == "env" and name:
        secret = Secret("env", name)
    elif source == "file" and name:
        secret = Secret("file", str(Path(name).expanduser()))
    else:
        raise typer.BadParameter("env:NAME hoặc · or file:PATH", param_hint="--key-password")
    return secret.read(os.environ).encode()


def _unless_refused(letter: letter_file.LetterFile, at: datetime) -> tuple[Finding, ...]:
    """What intake would say. Raises: Rejected if it would refuse: such a letter is not worth a seal."""
    from gateway.core.errors import Rejected, errors_among
    from gateway.core.validate import validate

    today = at.astimezone(VIETNAM).date()
    judged = validate(letter.reading, letter.split, today=today, directory=None, looks=letter.looks)
    findings = (*letter.split.findings, *letter.reading.findings, *judged)
    if errors_among(findings):
        raise Rejected(*findings)
    return findings


def _write_sealed(
    screen: Screen, target: Path, letter: letter_file.LetterFile, signer: SealKey, at: datetime
) -> int:
    """Seal the parts and write the container beside its place, then move it there; its size."""
    from gateway.core.catalogue import CONTAINER_REFUSED
    from gateway.core.errors import Rejected, find
    from signing.asice import AGENCY_SIGNATURE, ContainerRefused, container_chunks, container_size
    from signing.seal import SealTooLarge
    from signing.seal import seal as make_seal

    contents = _contents(letter)
    parts = [content.part for content in contents]
    unfinished = target.with_name(f"{target.name}.part")
    try:
        signatures = {AGENCY_SIGNATURE: make_seal(parts, signer, at)}
        size = container_size(parts, signatures)
        with screen.progress("Đang ghi · writing", size) as step, unfinished.open("wb") as file:
            for chunk in container_chunks(contents, signatures):
                file.write(chunk)
                step(len(chunk))
        unfinished.replace(target)
    except (ContainerRefused, SealTooLarge) as refusal:
        raise Rejected(find(CONTAINER_REFUSED, detail=str(refusal))) from refusal
    finally:
        unfinished.unlink(missing_ok=True)
    return size


def _contents(letter: letter_file.LetterFile) -> list[Content]:
    """The parts under the names and in the order that intake gives them, routing.json apart."""
    from gateway.core.model import Part
    from gateway.core.seals import sealed_parts
    from gateway.core.split import parts_json
    from gateway.sealed_file import ENVELOPE, PARTS
    from signing.asice import Content

    split = letter.split
    front = {PARTS: parts_json(split, letter.reading.envelope), ENVELOPE: split.envelope}
    files: list[IO[bytes]] = [*map(BytesIO, front.values()), *letter.blobs]
    named = [Part(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in front.items()]
    named += [Part(spec.member_name, spec.size, spec.sha256) for spec in split.parts]
    return [
        Content(part, partial(_from_the_start, file))
        for part, file in zip(sealed_parts(named), files, strict=True)
    ]


def _from_the_start(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    return iter(lambda: file.read(letter_file.CHUNK), b"")


def _tell_sealed(
    screen: Screen,
    target: Path,
    size: int,
    letter: letter_file.LetterFile,
    signer: SealKey,
    at: datetime,
    findings: tuple[Finding, ...],
) -> None:
    from signing.certificates import names_of
    from signing.standing import describe_key

    subject, kind = names_of(signer.certificate).subject, describe_key(signer.certificate)
    screen.data(
        {
            "file": str(target),
            "size": size,
            "parts": 2 + len(letter.split.parts),
            "original": {"sha256": letter.split.original_sha256, "size": letter.split.original_size},
            "signer": subject,
            "key": kind,
            "signed_at": at.isoformat(timespec="seconds"),
            "findings": [finding.as_dict() for finding in findings],
        }
    )
    screen.line(f"{target} ({size_text(size)})")
    screen.line(f"  bên ký · signer: {subject}, {kind}")
    screen.findings(findings)
