"""
A sealed letter as a file: what an agency hands in when it sealed at its own office, and what anybody can
check years later without a node.

    open_container()   the letter inside, for intake: its original as a stream, and the agency's seal
    inspect()          everything that can be said about an .asice from itself and from whom one trusts

Nothing is believed because it is in the file: the parts must be exactly those that parts.json lists, and they
are put together to the original at flat memory. Both block; call them in a worker thread.

Spec: EN319162-1
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import BinaryIO

from gateway.core import catalogue
from gateway.core.errors import Finding, Rejected, find
from gateway.core.model import Part, Routing
from gateway.core.routing import read_routing
from gateway.core.seals import CLOCK_TOLERANCE, ROUTING, Sized, sealed_parts
from gateway.core.split import PartSpec, join, read_parts_json
from schemas.safe_xml import DEFAULT_LIMITS, Limits
from signing.asice import AGENCY_SIGNATURE, LOCAL_SIGN, NODE_SIGNATURE, ContainerRefused
from signing.asice_reader import Container, read_container
from signing.examine import Examination, covered_by, examine_container
from signing.parts import SealedPart, UnfitPart
from signing.report import REASONS
from signing.trust import Trust
from signing.verdict import Objection, Outcome, worst
from signing.verify import verify

PARTS = "parts.json"
ENVELOPE = "envelope.xml"

# What parts.json may take in memory: three times a kibibyte of white space around each attachment (no Layout
# has more), written as JSON escapes, its name, and the rest.
ENTRY_BYTES = 8 << 10

# routing.json of 10,000 recipients with long codes is some 2 MB.
ROUTING_BYTES = 8 << 20


def is_container(head: bytes) -> bool:
    """Whether a file that begins so is a zip; edXML never begins so."""
    return head.startswith(LOCAL_SIGN)


# --- the letter inside ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SealedFile:
    """A letter in a container: envelope and manifest in memory, attachments where they lie in `file`."""

    file: BinaryIO
    container: Container
    envelope: bytes
    specs: tuple[PartSpec, ...]

    @property
    def agency_seal(self) -> bytes:
        """META-INF/signatures002.xml. Raises: KeyError if only a node sealed."""
        return self.container.signatures[AGENCY_SIGNATURE]

    @property
    def parts(self) -> tuple[SealedPart, ...]:
        """What an agency's seal covers, in order: what `signing.verify` takes beside it."""
        return covered_by(AGENCY_SIGNATURE, self.container)

    def original(self) -> Iterator[bytes]:
        """The edXML that was sealed, in pieces of 64 KiB and a little more; from the start each time."""

        def blob(index: int) -> Iterator[bytes]:
            return self.container.blocks(self.file, self.specs[index].member_name)

        return join(self.envelope, self.specs, blob)

    def require_same(self, parts: Iterable[Sized]) -> None:
        """
        Make sure that `parts` are those that the agency sealed; routing.json and seals in them don't count.

        The node takes the original apart itself. Only if that gives the same parts, byte for byte, does the
        agency's seal still hold beside the node's.

        Raises: Rejected (CONTAINER_REFUSED) with the first part that differs.
        """
        _require_equal(self.parts, sealed_parts(parts, with_routing=False))


def open_container(file: BinaryIO, limits: Limits = DEFAULT_LIMITS) -> SealedFile:
    """
    Read what an agency sealed at its own office, from a seekable file.

    The container is read strictly and must be such as `truc seal` makes it: one seal, the agency's, over
    parts.json, envelope.xml and the attachments in order. The seal itself is not verified here.

    Raises: Rejected (CONTAINER_REFUSED) with the member and the reason.
    """
    try:
        container = read_container(file)
    except ContainerRefused as refusal:
        raise Rejected(_told(refusal.objection)) from refusal
    if NODE_SIGNATURE in container.signatures:
        raise _refused(NODE_SIGNATURE, "đã có niêm phong của một nút", "a node has sealed it already")
    if any(part.name == ROUTING for part in container.parts):
        raise _refused(ROUTING, "do nút lập, cơ quan không gửi kèm", "it is for the node to make")
    return read_letter(file, container, limits)


def read_letter(file: BinaryIO, container: Container, limits: Limits = DEFAULT_LIMITS) -> SealedFile:
    """
    The letter inside a container whose members are known.

    Raises: Rejected (CONTAINER_REFUSED) unless its parts are exactly those that parts.json lists.
    """
    manifest = _held(file, container, PARTS, ENTRY_BYTES * len(container.parts))
    envelope = _held(file, container, ENVELOPE, limits.envelope_bytes)
    try:
        specs = read_parts_json(manifest)
        expected = sealed_parts([*_listed(container), *(_as_part(spec) for spec in specs)])
    except Rejected as refused:
        raise _refused(PARTS, refused.first.vi, refused.first.en) from refused
    except (UnfitPart, RecursionError) as error:
        raise _refused(PARTS, "không đọc được", f"{type(error).__name__}: {error}"[:200]) from error
    _require_equal(covered_by(AGENCY_SIGNATURE, container), expected)
    beyond = next((spec for spec in specs if spec.offset > len(envelope)), None)
    if beyond is not None:
        raise _refused(PARTS, f"{beyond.member_name} ở ngoài envelope.xml", "it lies beyond envelope.xml")
    return SealedFile(file, container, envelope, specs)


def _listed(container: Container) -> Iterator[Part]:
    """The two members in front of the attachments, as they are: parts.json does not list them."""
    at_hand = {part.name: part for part in container.parts}
    return (Part(name, at_hand[name].size, at_hand[name].sha256) for name in (PARTS, ENVELOPE))


def _as_part(spec: PartSpec) -> Part:
    return Part(spec.member_name, spec.size, spec.sha256)


def _require_equal(found: tuple[SealedPart, ...], expected: tuple[SealedPart, ...]) -> None:
    """Raises: Rejected (CONTAINER_REFUSED) with the first member that is missing, added or another."""
    for here, there in zip(found, expected, strict=False):
        if here.name != there.name:
            raise _refused(here.name, f"chỗ này phải là {there.name}", f"{there.name} should be at its place")
        if here.mime != there.mime:
            raise _refused(here.name, f"kiểu tệp phải là {there.mime}", "that is the type it should bear")
        if here != there:
            raise _refused(here.name, "khác với parts.json", "it is not the one that parts.json lists")
    for added in found[len(expected) :]:
        raise _refused(added.name, "không có trong parts.json", "parts.json does not list it")
    for missing in expected[len(found) :]:
        raise _refused(missing.name, "không có trong tệp", "it is not there")


def _held(file: BinaryIO, container: Container, name: str, most: int) -> bytes:
    """A member whole, if it is there and small enough to be held."""
    size = next((part.size for part in container.parts if part.name == name), None)
    if size is None:
        raise _refused(name, "không có trong tệp", "it is not there")
    if size > most:
        raise _refused(name, f"lớn quá {most} byte", f"it is larger than {most} bytes")
    return b"".join(container.blocks(file, name))


def _refused(member: str, vi: str, en: str) -> Rejected:
    return Rejected(find(catalogue.CONTAINER_REFUSED, element=member, detail=f"{member}: {vi} · {en}"))


def _told(objection: Objection) -> Finding:
    """An objection of the seal room as a finding."""
    vi, en = REASONS[objection.reason]
    where = f"{objection.member}: " if objection.member else ""
    detail = f"{where}{vi} · {en} [{objection.reason}]"
    return find(catalogue.CONTAINER_REFUSED, element=objection.member, detail=detail)


# --- inspecting without a node -------------------------------------------------------------------

_DOUBTS = frozenset({catalogue.REVOKED_SINCE.code, catalogue.FROM_THE_FUTURE.code})
"""Findings that leave it open whether the file is good; all other errors say that it is not."""


@dataclass(frozen=True, slots=True)
class Original:
    """The joined edXML: its SHA-256 (hex) and its size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Inspection:
    """
    What can be said about an .asice.

    `examination` is that of the container and its seals, `findings` is what is wrong beyond them.
    `letter` and `original` are there only if nothing failed; `routing` also when it did, as a claim.
    """

    examination: Examination
    routing: Routing | None = None
    letter: SealedFile | None = None
    original: Original | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """PASSED only if every seal passed and the letter inside is what it says it is."""
        said = [
            Outcome.UNDETERMINED if finding.code in _DOUBTS else Outcome.FAILED
            for finding in self.findings
            if finding.is_error
        ]
        return worst([self.examination.outcome, *said])


def inspect(file: BinaryIO, trust: Trust, *, now: datetime, at: datetime | None = None) -> Inspection:
    """
    Say everything about an .asice in a seekable file; needs no node, no database and no network.

    Seals are judged at the time of acceptance in routing.json, at `now` if there is none. That time is the
    signer's word: a certificate revoked since leaves the answer open. `at` is the caller's own word for when
    the file existed; then only that time counts. All times are aware.
    """
    try:
        container = read_container(file)
    except ContainerRefused as refusal:
        return Inspection(Examination((refusal.objection,)))
    routing, findings = _routing(file, container)
    moment = at or (routing.accepted_at if routing else now)
    examination = examine_container(file, container, trust, at=moment)
    if at is None:
        findings += [*_revoked_since(examination, container, trust, moment, now)]
        if moment > now + CLOCK_TOLERANCE:
            findings.append(find(catalogue.FROM_THE_FUTURE, element=ROUTING, at=moment.isoformat()))
    if routing is not None:
        findings += _another_signer(examination, routing)
    inspection = Inspection(examination, routing, findings=tuple(findings))
    return inspection if inspection.outcome is Outcome.FAILED else _with_letter(inspection, file, container)


def _routing(file: BinaryIO, container: Container) -> tuple[Routing | None, list[Finding]]:
    """The label of the letter; an agency's own file has none."""
    if NODE_SIGNATURE not in container.signatures:
        return None, []
    try:
        return read_routing(_held(file, container, ROUTING, ROUTING_BYTES)), []
    except Rejected as refused:
        return None, [*refused.findings]


def _revoked_since(
    examination: Examination, container: Container, trust: Trust, moment: datetime, now: datetime
) -> Iterator[Finding]:
    """Seals that hold at their own time only: their certificate was revoked after it."""
    for member, verdict in examination.verdicts.items():
        if not verdict.passed:
            continue
        for until in _last_words(trust, moment, now):
            parts = covered_by(member, container)
            later = verify(container.signatures[member], parts, trust, at=moment, arrived_at=until)
            if later.facts.revoked_at is not None:
                since = later.facts.revoked_at.isoformat()
                yield find(catalogue.REVOKED_SINCE, element=member, member=member, at=since)
            if later.facts.revoked_at is not None or later.passed:
                break


def _last_words(trust: Trust, moment: datetime, now: datetime) -> list[datetime]:
    """
    Until when the lists at hand can speak, latest first.

    The lists that lie beside an old letter are out of date by `now`: asked about now they would say nothing,
    not even of a revocation that they name.
    """
    updates = [one.next_update_utc for one in trust.revocation_lists]
    ends = {update - timedelta(seconds=1) for update in updates if update is not None}
    return sorted((end for end in {now, *ends} if moment < end <= now), reverse=True)


def _another_signer(examination: Examination, routing: Routing) -> Iterator[Finding]:
    """The node's seal should bear the node's name; whether it may bear another, only a directory can say."""
    signer = examination.verdicts[NODE_SIGNATURE].facts.common_name
    if signer != routing.origin:
        node = routing.origin
        yield find(catalogue.SIGNER_NOT_ORIGIN, element=NODE_SIGNATURE, signer=signer or "—", node=node)


def _with_letter(inspection: Inspection, file: BinaryIO, container: Container) -> Inspection:
    """The inspection with the letter inside, joined and compared with what routing.json says of it."""
    routing = inspection.routing
    try:
        letter = read_letter(file, container)
        original = _measure(letter, routing.original_size if routing else DEFAULT_LIMITS.document_bytes)
        if routing and original != Original(routing.original_sha256, routing.original_size):
            detail = f"SHA-256 {original.sha256}, {original.size} byte"
            raise Rejected(find(catalogue.ORIGINAL_DIFFERS, element=ROUTING, detail=detail))
    except Rejected as refused:
        return replace(inspection, findings=(*inspection.findings, *refused.findings))
    return replace(inspection, letter=letter, original=original)


def _measure(letter: SealedFile, most: int) -> Original:
    """
    Digest and size of the joined original.

    Raises: Rejected (ORIGINAL_DIFFERS) once it is larger than `most`: a short file could unfold for hours.
    """
    digest, size = hashlib.sha256(), 0
    for piece in letter.original():
        digest.update(piece)
        size += len(piece)
        if size > most:
            raise Rejected(find(catalogue.ORIGINAL_DIFFERS, element=ROUTING, detail=f"> {most} byte"))
    return Original(digest.hexdigest(), size)
