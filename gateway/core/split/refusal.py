"""
The wall between the XML readers and the post office: their refusals become findings of the catalogue.
"""

from __future__ import annotations

from types import MappingProxyType

from gateway.core import catalogue
from gateway.core.errors import Finding, find
from schemas.safe_xml import Remark, UnsafeXml

_BY_NAME = MappingProxyType({fault.name: fault for fault in catalogue.FAULTS.values()})


def refusal(error: UnsafeXml) -> Finding:
    """What the sender is told when a reader of XML refuses."""
    params = {"detail": error.detail} if error.detail else {}
    if error.limit is not None:
        params["limit"] = str(error.limit)
    return find(_BY_NAME[error.reason], line=error.line, **params)


def remark(tolerated: Remark) -> Finding:
    """What the sender is told when a reader of XML overlooks something."""
    return find(_BY_NAME[tolerated.reason], line=tolerated.line)
