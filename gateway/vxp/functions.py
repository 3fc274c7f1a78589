"""
What can be called over VXP: names, verbs, parameters, and what an answer must hold.

Names are spelled as the SDK spells them; headers are compared without regard to case.

Spec: VXP
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

PREFIX = "XroadVnpt-"
"""Before every parameter that goes out as a header."""

SYSTEM_ID, TIMESTAMP, CONTENT_TYPE = "systemid", "timestamp", "Content-Type"
SERVICE_TYPE, MESSAGE_TYPE = "servicetype", "messagetype"
HASH_FILE, FROM, TO = "hash-file", "from", "to"
DOC_ID, FILE_PATH, STATUS, DESCRIPTION = "docId", "filePath", "status", "description"
DOC_ID_OF_ACK = "docid"
"""So some clients spell it in updateStatus, and there alone; `docId` beside it is what a fetch has left."""
FROM_DATE, TO_DATE, PAGE_SIZE, PAGE_INDEX = "fromDate", "toDate", "pageSize", "pageIndex"
AGENCY_CODE = "AgencyCode"

SIGN_HEADER, SIGN_HEADER_KEY, HASH_HEADER = "sign-header", "sign-header-key", "hash-header"
VERSION = "version"

ORDER = (
    *(FROM_DATE, SYSTEM_ID, SERVICE_TYPE, MESSAGE_TYPE, PAGE_INDEX, HASH_FILE, DOC_ID, FILE_PATH, TO_DATE),
    *(AGENCY_CODE, DESCRIPTION, PAGE_SIZE, FROM, TO, TIMESTAMP, CONTENT_TYPE, STATUS),
)
"""The order in which the Java SDK's hash map gives its names; nobody may rely on it."""

EDOC_SERVICE = "eDoc"  # the only service type there is
PROTOCOL_VERSION = "3.0.201608"
JSON_TYPE, FILE_TYPE = "application/json", "application/octet-stream"
AFTER_FILE = b"\r\n"  # follows the file in the body of sendEdoc; not part of it, and not hashed


class MessageType(StrEnum):
    """What is sent or asked for."""

    EDOC = "edoc"
    STATUS = "status"


class Ack(StrEnum):
    """What updateStatus says of a message that was fetched."""

    DONE = "done"
    FAIL = "fail"
    PROCESSING = "processing"


class Body(StrEnum):
    """What a request carries beside its headers."""

    NOTHING = ""
    EMPTY_OBJECT = "{}"
    OBJECT = "object"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Function:
    """One function: `heeds` are the parameters that mean something in it, all others are leftovers.

    `key` is what its answer holds beside status, ErrorCode and ErrorDesc, also when it fails; `empty` the
    value that says nothing. Without the key the SDK loses the error.
    """

    name: str
    body: Body = Body.NOTHING
    heeds: frozenset[str] = frozenset()
    key: str = ""
    empty: str | int | tuple[()] = ""
    verb: str = "POST"


_RANGE = frozenset({FROM_DATE, TO_DATE, PAGE_SIZE, PAGE_INDEX})

GET_AGENCIES = Function("getAgenciesList", key="data", empty=())
GET_AGENCIES_QD20 = Function("getAgenciesListQD20", key="data", empty=())
GET_UNITS = Function("getSynchronizeUnit", key="data", empty=())
REGISTER_AGENCY = Function("registerAgency", Body.OBJECT)
DELETE_AGENCY = Function("deleteAgency", Body.EMPTY_OBJECT, frozenset({AGENCY_CODE}))
SEND_EDOC = Function(
    "sendEdoc", Body.FILE, frozenset({FROM, TO, SERVICE_TYPE, MESSAGE_TYPE, HASH_FILE}), "DocId"
)
# `to`, `from`, `status` and `docId` of a list call are leftovers more often than filters.
GET_RECEIVED = Function(
    "getReceivedEdocList", heeds=_RANGE | {SERVICE_TYPE, MESSAGE_TYPE}, key="data", empty=()
)
GET_EDOC = Function("getEdoc", Body.EMPTY_OBJECT, frozenset({DOC_ID}), "data")
UPDATE_STATUS = Function("updateStatus", Body.EMPTY_OBJECT, frozenset({DOC_ID, STATUS, DESCRIPTION}))
GET_SENT = Function(
    "getSentEdocList", heeds=_RANGE | {SERVICE_TYPE, MESSAGE_TYPE, DOC_ID}, key="data", empty=()
)
# The message type of a count is in its name; the header of that name is what the call before has left.
COUNT_EDOCS = Function("countReceiveEdoc", Body.EMPTY_OBJECT, _RANGE, "count", 0)
COUNT_STATUSES = Function("countReceiveStatus", Body.EMPTY_OBJECT, _RANGE, "count", 0)
DOWNLOAD_EDOC = Function("downloadEdoc", heeds=frozenset({DOC_ID}), verb="GET")

FUNCTIONS: Mapping[str, Function] = {
    f.name: f
    for f in (
        *(
            GET_AGENCIES,
            GET_AGENCIES_QD20,
            GET_UNITS,
            REGISTER_AGENCY,
            DELETE_AGENCY,
            SEND_EDOC,
            GET_RECEIVED,
        ),
        *(GET_EDOC, UPDATE_STATUS, GET_SENT, COUNT_EDOCS, COUNT_STATUSES, DOWNLOAD_EDOC),
    )
}


def function_at(path: str) -> Function | None:
    """The function that a path ends in, whatever stands before it; None if there is none."""
    return FUNCTIONS.get(path.rstrip("/").rpartition("/")[2])
