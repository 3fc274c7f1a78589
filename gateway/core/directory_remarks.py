"""
What is odd about a directory that can be used: nothing breaks, but letters will not go where people think.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from gateway.core.catalogue import DIRECTORY_ODD
from gateway.core.directory import Agency, Directory
from gateway.core.errors import Finding, find


def remarks(directory: Directory, on: date) -> list[Finding]:
    """
    Everything that an operator should look at, as of that day.

    Spec: QD09 (closed codes have successors)
    """
    return [finding for row in directory.agency_rows for finding in _about(directory, row, on)]


def _about(directory: Directory, row: Agency, on: date) -> Iterator[Finding]:
    parent = directory.find(row.parent) if row.parent else None
    if row.is_open(on) and parent is not None and parent.is_closed(on):
        vi = f"{row.code} còn hoạt động, cơ quan cấp trên {parent.code} đã đóng"
        yield _odd(row, vi, f"{row.code} is open, its parent {parent.code} is closed")
    if not row.is_closed(on):
        return
    if not row.successor:
        vi = f"{row.code} đã đóng, không có cơ quan kế thừa"
        yield _odd(row, vi, f"{row.code} is closed and has no successor")
    elif isinstance(directory.resolve(row.code, on), Finding):
        vi = f"các cơ quan kế thừa của {row.code} đều không nhận văn bản"
        yield _odd(row, vi, f"no successor of {row.code} takes letters")


def _odd(row: Agency, vi: str, en: str) -> Finding:
    return find(DIRECTORY_ODD, element=f"agencies/{row.code}", detail=f"{vi} / {en}")
