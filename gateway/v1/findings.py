"""
How /v1 tells what is wrong: findings, problems, and the entries of the catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from gateway.core.catalogue import FAULTS
from gateway.core.errors import Blame, Fault, Finding, Severity


class Shape(BaseModel):
    """A JSON object of /v1."""

    model_config = ConfigDict(frozen=True)

    def as_json(self) -> bytes:
        """Its JSON text, UTF-8."""
        return self.model_dump_json().encode()

    @classmethod
    def read(cls, text: bytes) -> Self | None:
        """The shape that a JSON text holds, or None if it holds another."""
        try:
            return cls.model_validate_json(text)
        except ValidationError:
            return None


class Wish(Shape):
    """A JSON object that a caller sends: unknown fields and other types are refused, so nothing is lost."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Words(Shape):
    """One sentence in both languages."""

    vi: str
    en: str


NO_WORDS = Words(vi="", en="")
"""Of a node of an earlier release, which did not say it."""


def in_words(told: tuple[str, str]) -> Words:
    """A sentence as (Vietnamese, English)."""
    return Words(vi=told[0], en=told[1])


class FindingShape(Shape):
    """One thing that was found: `code` is stable, `line` is that of the caller's own file."""

    code: str
    name: str
    severity: Severity
    blame: Blame
    line: int | None
    element: str
    clause: str
    params: Mapping[str, str]
    vi: str
    en: str
    next: Words

    @classmethod
    def of(cls, finding: Finding) -> FindingShape:
        return cls.model_validate(finding.as_dict())

    def finding(self) -> Finding:
        """The finding again; one of a newer release keeps its own words."""
        fault = FAULTS.get(self.code) or Fault(
            self.code,
            self.name,
            self.severity,
            self.blame,
            400,
            _literal(self.vi),
            _literal(self.en),
            self.next.vi,
            self.next.en,
        )
        return Finding(fault, self.line, self.element, self.clause, dict(self.params))


def _literal(sentence: str) -> str:
    return sentence.replace("{", "{{").replace("}", "}}")


class Problem(Shape):
    """An error as application/problem+json, in the language of Accept-Language.

    `title` belongs to the code, `detail` to this case. `incident` is there only for a fault of Trục itself.

    Spec: RFC9457
    """

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    vi: str
    en: str
    next: Words
    findings: tuple[FindingShape, ...]
    request_id: str
    incident: str | None = None


class FaultShape(Shape):
    """One entry of the public catalogue of errors; `vi` and `en` show its placeholders in braces."""

    code: str
    name: str
    severity: Severity
    blame: Blame
    status: int
    vi: str
    en: str
    next: Words

    @classmethod
    def of(cls, fault: Fault) -> FaultShape:
        return cls(
            code=fault.code,
            name=fault.name,
            severity=fault.severity,
            blame=fault.blame,
            status=fault.http,
            vi=fault.vi,
            en=fault.en,
            next=Words(vi=fault.next_vi, en=fault.next_en),
        )
