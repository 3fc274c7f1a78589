"""
The tolerant reader: one Envelope out of every dialect of edXML that is really sent.

What it tolerates it tells as a warning; only what cannot be understood at all is refused. It never changes
the sender's bytes: they are relayed as they came.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from lxml import etree

from gateway.core import catalogue
from gateway.core.edxml.forms import (
    integer,
    is_written_date,
    is_written_timestamp,
    written_date,
    written_timestamp,
)
from gateway.core.edxml.manifest import attachments_of
from gateway.core.edxml.names import (
    ENVELOPE,
    MISPLACED_IN_TRACE,
    NAMESPACE,
    ROOT,
    known_name,
    local_name,
    namespace_of,
)
from gateway.core.edxml.notes import Notes, clip
from gateway.core.edxml.signature import note_signature
from gateway.core.edxml.walk import Field, Node, Walker, elements_of, line_of
from gateway.core.errors import Fault, Finding, Rejected, find
from gateway.core.lifecycle import normal_code
from gateway.core.model import (
    Business,
    Envelope,
    InReplyTo,
    Kind,
    Operation,
    Organ,
    ReceiverChange,
    Replacement,
    Staff,
    Trace,
)
from gateway.core.split import PartSpec, original_line
from gateway.core.split.refusal import refusal
from schemas.safe_xml import Limits, UnsafeXml, parse

OLD_ROOTS = frozenset({"Envelope", "van-ban-qua-mang"})
"""SOAP statuses and `van-ban-qua-mang`, the messages of the provincial axes from before 2016."""
STATUS_ONLY = ("StatusCode", "StaffInfo", "Description", "Timestamp")
PRIORITIES = range(5)
YES = frozenset({"1", "true"})


@dataclass(frozen=True, slots=True)
class Reading:
    """What an edXML says.

    Findings are by line. `fields` is every text in it with its place, also of elements nobody knows, without
    signatures and the content of attachments. Its lines are the envelope's: `sender_line` translates.
    """

    envelope: Envelope
    findings: tuple[Finding, ...]
    fields: tuple[Field, ...] = ()
    parts: tuple[PartSpec, ...] = ()

    def sender_line(self, line: int) -> int:
        """The line of the sender's own file that is `line` of the envelope."""
        return original_line(self.parts, line)

    def line_of(self, path: str) -> int | None:
        """The sender's line of the first text at `path`, or None."""
        line = next((field.line for field in self.fields if field.path == path), None)
        return None if line is None else self.sender_line(line)


def read(envelope_xml: bytes, parts: Sequence[PartSpec] = (), limits: Limits | None = None) -> Reading:
    """
    Read an edXML whose attachments `split` has taken out; the n-th ContentTransferEncoded is part n.

    A document and a status are told apart by StatusCode and the absence of a body. The recipients of a status
    are the organs it answers.

    Spec: QCVN102/edXML
    Raises: Rejected if this is no edXML of QCVN 102 (NOT_XML and its kin, WRONG_ROOT, WRONG_NAMESPACE,
        OLD_PROTOCOL, MISSING_ELEMENT for the frame). A missing sender is a finding.
    """

    def sender_line(line: int) -> int:
        return original_line(parts, line)

    try:
        parsed = parse(envelope_xml, limits)
    except UnsafeXml as error:
        line = None if error.line is None else sender_line(error.line)
        raise Rejected(replace(refusal(error), line=line)) from error
    notes = Notes(sender_line)
    for repair in parsed.repaired:
        notes.add(catalogue.PREFIX_REPAIRED, "edXML", repair.line, prefix=repair.prefix)
    walker = Walker(notes)
    frame = walker.walk(_checked_root(parsed.root, sender_line), ROOT, "edXML").one("edXMLEnvelope")
    header = frame.one("edXMLHeader")
    message = header.one("MessageHeader")
    if not message.is_there:
        raise Rejected(_missing_frame("edXMLHeader/MessageHeader", sender_line(frame.line)))
    reader = _Reader(notes, walker, sender_line)
    signed = note_signature(header, notes)
    envelope = reader.envelope(
        parsed.root, message, header.one("TraceHeaderList"), frame.one("edXMLBody"), signed
    )
    return Reading(envelope, notes.findings(), tuple(walker.fields), tuple(parts))


def _checked_root(root: etree._Element, sender_line: Callable[[int], int]) -> etree._Element:
    """The root, once it is certain that an envelope of QCVN 102 stands in it."""
    name, line = local_name(root.tag), sender_line(line_of(root))

    def refused(fault: Fault, element: str, **params: object) -> Rejected:
        return Rejected(find(fault, line=line, element=element, clause="QCVN102/edXML", **params))

    if name in OLD_ROOTS:
        raise refused(catalogue.OLD_PROTOCOL, name)
    if name.lower() != "edxml":
        raise refused(catalogue.WRONG_ROOT, name, found=clip(name))
    envelope = next(
        (e for e in elements_of(root) if known_name(local_name(e.tag), ROOT) == ENVELOPE.name), None
    )
    namespace = namespace_of(root.tag if envelope is None else envelope.tag)
    if namespace != NAMESPACE and (namespace or envelope is not None):
        raise refused(catalogue.WRONG_NAMESPACE, "edXMLEnvelope", found=clip(namespace))
    if envelope is None:
        raise Rejected(_missing_frame(ENVELOPE.name, line))
    return root


def _missing_frame(element: str, line: int) -> Finding:
    return Finding(catalogue.MISSING_ELEMENT, line, element, "QCVN102/edXML", {"element": element})


class _Reader:
    """Turns the nodes of one message into its Envelope."""

    def __init__(self, notes: Notes, walker: Walker, sender_line: Callable[[int], int]) -> None:
        self._notes, self._walker, self._sender_line = notes, walker, sender_line

    def envelope(
        self, root: etree._Element, message: Node, trace: Node, body: Node, signed: bool
    ) -> Envelope:
        """The Envelope; everything tolerated on the way is noted."""
        kind = self._kind(message, body)
        replies = tuple(self._reply(node) for node in message.all("ResponseFor"))
        other, is_status = message.one("OtherInfo"), kind is Kind.STATUS
        recipients = tuple(self._organ(node) for node in message.all("To"))
        if is_status:
            recipients = self._answered(message) or recipients
        self._check_values(message, other)
        return Envelope(
            kind=kind,
            sender=self._sender(message),
            recipients=recipients,
            document_id=message.value("DocumentId"),
            code_number=message.value("Code", "CodeNumber"),
            code_notation=message.value("Code", "CodeNotation"),
            issue_place=message.value("PromulgationInfo", "Place"),
            issue_date=message.value("PromulgationInfo", "PromulgationDate"),
            type_code=message.value("DocumentType", "Type"),
            type_detail=message.value("DocumentType", "TypeDetail"),
            type_name=message.value("DocumentType", "TypeName"),
            subject=message.value("Subject"),
            content=message.value("Content"),
            signing_capacity=message.value("SignerInfo", "Competence"),
            signer_position=message.value("SignerInfo", "Position"),
            signer_name=message.value("SignerInfo", "FullName"),
            due_date=message.value("DueDate"),
            listed_recipients=tuple(node.text for node in message.one("ToPlaces").all("Place")),
            priority=self._priority(other.one("Priority")),
            circulation_note=other.value("SphereOfPromulgation"),
            typer_notation=other.value("TyperNotation"),
            issued_amount=other.value("PromulgationAmount"),
            page_amount=other.value("PageAmount"),
            direction=other.value("Direction"),
            reply_fors=other.value("ReplyFors"),
            reference_codes=other.value("ReferenceCodes"),
            appendices=tuple(node.text for node in other.one("Appendixes").all("Appendix")),
            in_reply_to=replies,
            steering_type=message.value("SteeringType"),
            task_codes=tuple(
                task.text for block in message.all("ResponseForTask") for task in block.all("TaskCode")
            ),
            application_type=message.value("ApplicationType"),
            traces=tuple(self._trace(node) for node in trace.all("TraceHeader")),
            business=self._business(trace),
            attachments=attachments_of(root, body.one("edXMLManifest"), self._walker, self._notes),
            status_code=self._status_code(message.one("StatusCode"), message) if is_status else "",
            description=message.value("Description") if is_status else "",
            timestamp=self._timestamp(message.one("Timestamp")) if is_status else "",
            staff=next((_staff(person) for person in message.all("StaffInfo") if is_status), None),
            signed_header=signed,
        )

    def _kind(self, message: Node, body: Node) -> Kind:
        """Spec: QCVN102/StatusCode (only a status has one, and a status has no body)"""
        has_code, has_to = message.one("StatusCode").is_there, bool(message.children.get("To"))
        if has_code and not (body.is_there and has_to):
            return Kind.STATUS
        if not has_code and not body.is_there and not has_to and message.all("ResponseFor"):
            return Kind.STATUS
        for name in STATUS_ONLY:
            if (node := message.one(name)).is_there:
                self._notes.add(catalogue.UNKNOWN_ELEMENT, node.path, node.line, found=name)
        if not body.is_there:
            self._notes.empty("edXMLBody", message.line)
        return Kind.DOCUMENT

    # --- blocks ----------------------------------------------------------------------------------

    def _sender(self, message: Node) -> Organ:
        node = message.one("From")
        sender = self._organ(node)
        if not sender.code:
            self._missing("From/OrganId", "MessageHeader/From/OrganId", node.line or message.line)
        return sender

    def _organ(self, node: Node) -> Organ:
        return Organ(
            code=node.value("OrganId"),
            name=node.value("OrganName"),
            parent_agency=node.value("OrganizationInCharge"),
            address=node.value("OrganAdd"),
            email=node.value("Email"),
            telephone=node.value("Telephone"),
            fax=node.value("Fax"),
            website=node.value("Website"),
            line=self._sender_line(node.one("OrganId").line or node.line) if node.is_there else None,
        )

    def _reply(self, node: Node) -> InReplyTo:
        self._date(node.one("PromulgationDate"))
        return InReplyTo(
            organ=node.value("OrganId"),
            code=node.value("Code"),
            document_id=node.value("DocumentId"),
            issue_date=node.value("PromulgationDate"),
        )

    def _answered(self, message: Node) -> tuple[Organ, ...]:
        """The organs that a status answers, which are those it goes to, each once."""
        found: dict[str, Organ] = {}
        for node in message.all("ResponseFor"):
            if code := node.value("OrganId"):
                found.setdefault(code, Organ(code, line=self._sender_line(node.one("OrganId").line)))
        return tuple(found.values())

    def _trace(self, node: Node) -> Trace:
        return Trace(node.value("OrganId"), self._timestamp(node.one("Timestamp")))

    def _business(self, trace: Node) -> Business:
        """Spec: QCVN102/Bussiness (missing: a new document)"""
        node = trace.one("Bussiness")
        for name in MISPLACED_IN_TRACE:
            if (misplaced := trace.one(name)).is_there:
                path, name_there = misplaced.path, f"Bussiness/{name}"
                self._notes.add(catalogue.ALIAS_NAME, path, misplaced.line, found=path, name=name_there)
        changes = node.all("BussinessDocumentInfo")
        receivers = [r for info in changes for r in info.one("ReceiverList").all("Receiver")]
        staff = (*node.all("StaffInfo"), *trace.all("StaffInfo"))
        return Business(
            operation=self._operation(node.one("BussinessDocType")),
            document_id=node.value("DocumentId"),
            reason=node.value("BussinessDocReason"),
            paper_copy=(node.value("Paper") or trace.value("Paper")).lower() in YES,
            information_changed=any(info.value("DocumentInfo").lower() in YES for info in changes),
            receivers_changed=any(info.value("DocumentReceiver").lower() in YES for info in changes),
            receivers=tuple(
                ReceiverChange(r.value("OrganId"), r.value("ReceiverType").lower() in YES) for r in receivers
            ),
            replacements=tuple(
                Replacement(
                    info.value("DocumentId"), tuple(o.text for o in info.one("OrganIdList").all("OrganId"))
                )
                for info in node.one("ReplacementInfoList").all("ReplacementInfo")
            ),
            staff=tuple(_staff(person) for person in staff),
        )

    # --- values ----------------------------------------------------------------------------------

    def _check_values(self, message: Node, other: Node) -> None:
        """Note dates and numbers that the standard writes otherwise; the text itself is kept."""
        self._date(message.one("PromulgationInfo").one("PromulgationDate"))
        self._date(message.one("DueDate"))
        document_type = message.one("DocumentType")
        for node in (
            *(document_type.one("Type"), document_type.one("TypeDetail"), message.one("SteeringType")),
            *(other.one("PromulgationAmount"), other.one("PageAmount")),
        ):
            if node.text and integer(node.text) is None:
                self._notes.add(catalogue.NUMBER_UNREADABLE, node.path, node.line, found=node.text)

    def _date(self, node: Node) -> None:
        if node.text and not is_written_date(node.text):
            self._note_form(node, readable=bool(written_date(node.text)))
        elif node.text and not written_date(node.text):
            self._note_form(node, readable=False)

    def _timestamp(self, node: Node) -> str:
        readable = bool(written_timestamp(node.text))
        if node.text and not (readable and is_written_timestamp(node.text)):
            self._note_form(node, readable=readable)
        return node.text

    def _note_form(self, node: Node, *, readable: bool) -> None:
        fault = catalogue.DATE_FORM if readable else catalogue.DATE_UNREADABLE
        self._notes.add(fault, node.path, node.line, found=node.text)

    def _priority(self, node: Node) -> int:
        number = integer(node.text)
        if number in PRIORITIES:
            return number or 0
        if node.text:
            self._notes.add(catalogue.PRIORITY_UNKNOWN, node.path, node.line, found=node.text)
        return 0

    def _operation(self, node: Node) -> Operation:
        if not node.text:
            return Operation.NEW
        number = integer(node.text)
        if number is not None and number in set(Operation):
            return Operation(number)
        self._notes.add(catalogue.OPERATION_UNKNOWN, node.path, node.line, found=node.text)
        return Operation.NEW

    def _status_code(self, node: Node, message: Node) -> str:
        if not node.text:
            self._missing("StatusCode", "MessageHeader/StatusCode", node.line or message.line)
            return ""
        code = normal_code(node.text)
        if code != node.text:
            self._notes.add(catalogue.STATUS_CODE_FORM, node.path, node.line, found=node.text, code=code)
        return code

    def _missing(self, name: str, path: str, line: int) -> None:
        self._notes.add(catalogue.MISSING_ELEMENT, path, line, element=name)


def _staff(node: Node) -> Staff:
    return Staff(
        department=node.value("Department"),
        name=node.value("Staff"),
        email=node.value("Email"),
        mobile=node.value("Mobile"),
        department_id=node.value("DepartmentId"),
        staff_id=node.value("StaffId"),
    )
