"""
Groups of recipients: names that the directory turns into agencies when a letter is sent.

    @tỉnh, @tinh     the head offices of all provinces: who has that tier, and nobody of the same tier above
    @xa:H14          those of them that lie below an agency (after a merger, below what it became, too)

A group is no address: what is sealed, sent and shown are the agencies that it stood for on that day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date

from gateway.core.catalogue import GROUP_EMPTY, GROUP_TOO_LARGE, GROUP_UNKNOWN
from gateway.core.codes import normal
from gateway.core.directory import Agency, Directory, Resolved, tier_key
from gateway.core.errors import Finding, Rejected, find

MARK = "@"

MOST_RECIPIENTS = 10_000
"""In one letter: three times the communes of the country. More is a slip, and its envelope too large."""


def is_group(named: str) -> bool:
    """Whether a recipient is named as a group; no code begins so."""
    return named.lstrip().startswith(MARK)


def expand(
    directory: Directory, named: Iterable[str], on: date, but_not: Collection[str] = ()
) -> tuple[str, ...]:
    """
    Recipients as named, each group replaced by the codes of its agencies that take letters on that day.

    Codes stay as they are written, and in their order; nobody stands there twice for the sake of a group.
    `but_not` are codes that no group means: those of the sender.

    Raises: Rejected (GROUP_UNKNOWN, GROUP_EMPTY, GROUP_TOO_LARGE) with every group that cannot be used.
    """
    told = list(named)
    if not any(map(is_group, told)):
        return tuple(told)
    faults: list[Finding] = []
    found: dict[str, str] = {}
    outside = {agency.code for code in but_not if (agency := directory.find(code)) is not None}
    for name in told:
        if not is_group(name):
            found.setdefault(normal(name), name)
            continue
        members = _members(directory, name.strip(), on)
        if isinstance(members, Finding):
            faults.append(members)
            continue
        codes = [agency.code for agency in members if agency.code not in outside]
        if not codes:
            faults.append(find(GROUP_EMPTY, group=name.strip()))
        for code in codes:
            found.setdefault(normal(code), code)
    if len(found) > MOST_RECIPIENTS:
        faults.append(find(GROUP_TOO_LARGE, count=len(found), limit=MOST_RECIPIENTS))
    if faults:
        raise Rejected(*faults)
    return tuple(found.values())


def _members(directory: Directory, name: str, on: date) -> Iterable[Agency] | Finding:
    tier, colon, scope = name.removeprefix(MARK).partition(":")
    heads = directory.heads.get(tier_key(tier))
    if heads is None:
        return find(GROUP_UNKNOWN, group=name, known=_groups(directory))
    members = (agency for agency in heads if agency.is_open(on) and not agency.locked)
    if not colon:
        return members
    above = directory.resolve(scope, on)
    if not isinstance(above, Resolved):
        return find(GROUP_UNKNOWN, group=name, known=_groups(directory))
    return (agency for agency in members if above.agency.code in _line(directory, agency, on))


def _groups(directory: Directory) -> str:
    return ", ".join(f"{MARK}{key}" for key in directory.heads)


def _line(directory: Directory, agency: Agency, on: date) -> Iterator[str]:
    """The codes above an agency; above one that is closed, those of what it became."""
    seen = {agency.code}
    at: Agency | None = agency
    while at is not None and at.parent:
        above = directory.resolve(at.parent, on)
        at = above.agency if isinstance(above, Resolved) else directory.find(at.parent)
        if at is None or at.code in seen:
            return
        seen.add(at.code)
        yield at.code
