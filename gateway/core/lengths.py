"""
How long the fields of a message may be by rule: told, never enforced.

Spec: ND30/VI (lengths of the fields of Annex VI); where it says nothing, what a widespread checker asks
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.core import catalogue
from gateway.core.edxml.names import clause_of
from gateway.core.edxml.notes import short
from gateway.core.edxml.reader import Reading
from gateway.core.errors import Finding

MOST_CHARACTERS = {
    "OrganId": 35,  # 13 in NĐ 30/2020; QĐ 20/2020 allows 35
    "OrganName": 200,
    "OrganAdd": 500,
    "OrganizationInCharge": 500,
    "Email": 100,
    "Telephone": 20,
    "Fax": 20,
    "Website": 100,
    "Code/CodeNumber": 11,
    "Code/CodeNotation": 30,
    "PromulgationInfo/Place": 50,
    "DocumentType/TypeName": 100,
    "Subject": 500,
    "Content": 500,
    "SignerInfo/Position": 100,
    "SignerInfo/FullName": 50,
    "ToPlaces/Place": 150,
    "OtherInfo/SphereOfPromulgation": 100,
    "OtherInfo/TyperNotation": 10,
    "OtherInfo/PromulgationAmount": 3,
    "OtherInfo/PageAmount": 3,
    "Attachment/AttachmentName": 500,
}
ALL_LISTED_RECIPIENTS = 1000
MOST_TOLD = 20
_NUMBER = re.compile(r"\[[0-9]+\]")


def too_long(reading: Reading) -> Iterator[Finding]:
    """A warning for every field over its length (at most `MOST_TOLD`), and for all listed recipients."""
    told = 0
    for field in reading.fields:
        limit = _limit(field.path)
        if limit is not None and len(field.text) > limit and told < MOST_TOLD:
            told += 1
            yield _finding(field.path, reading.sender_line(field.line), len(field.text), limit)
    listed = sum(len(place) for place in reading.envelope.listed_recipients)
    if listed > ALL_LISTED_RECIPIENTS:
        path = "MessageHeader/ToPlaces"
        line = reading.line_of(f"{path}/Place")
        yield _finding(path, line, listed, ALL_LISTED_RECIPIENTS)


def _limit(path: str) -> int | None:
    steps = _NUMBER.sub("", path).split("/")
    return MOST_CHARACTERS.get("/".join(steps[-2:]), MOST_CHARACTERS.get(steps[-1]))


def _finding(path: str, line: int | None, length: int, limit: int) -> Finding:
    params = {"element": short(path), "length": str(length), "limit": str(limit)}
    return Finding(catalogue.TOO_LONG, line, path, clause_of(path), params)
