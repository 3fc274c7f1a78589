"""
The parameters of one call: read tolerantly, since every DMS writes them in its own way.

Spec: VXP
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import MAXYEAR, datetime

from gateway.core.calendar import VIETNAM
from gateway.vxp.functions import Ack, Function, MessageType

TIME_FORM = "%d/%m/%Y %H:%M:%S"
"""How VXP writes a time, in Vietnam's. Seen for fromDate; taken for the times of list lines too."""

_READABLE = (
    *(TIME_FORM, "%d/%m/%Y %H:%M", "%d/%m/%Y"),
    *("%Y/%m/%d %H:%M:%S", "%Y/%m/%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"),
)
_LONGEST_TIME = 40  # characters; an ISO time with fraction and zone has 32


class Parameters(Mapping[str, str]):
    """Name → value; names without prefix, compared without regard to case (`docid` is `docId`).

    Of a name that was given in several spellings, the spelling asked for counts, else the last one.
    """

    def __init__(self, values: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        self._values: dict[str, dict[str, str]] = {}
        for name, value in dict(values).items():
            self._values.setdefault(name.lower(), {})[name] = value

    def __getitem__(self, name: str) -> str:
        spelt = self._values[name.lower()]
        return spelt[name] if name in spelt else next(reversed(spelt.values()))

    def __iter__(self) -> Iterator[str]:
        return (next(reversed(spelt)) for spelt in self._values.values())

    def __len__(self) -> int:
        return len(self._values)

    def text(self, name: str) -> str:
        """The value without space around it, "" if it is not there."""
        return self.get(name, "").strip()

    def number(self, name: str, default: int) -> int:
        """The value as a whole number from 0 to 999,999,999, or `default` if it is none."""
        value = self.text(name)
        return int(value) if value.isascii() and value.isdigit() and len(value) <= 9 else default

    def time(self, name: str) -> datetime | None:
        """The value as an aware time, or None if it is none; see `read_time`."""
        return read_time(self.text(name))

    def codes(self, name: str) -> tuple[str, ...]:
        """The value as agency codes; see `read_codes`."""
        return read_codes(self.text(name))

    def heeded_by(self, function: Function) -> Parameters:
        """Those that mean something to a function.

        An SDK object keeps one header map for its life, so a call bears what earlier calls have left in it.
        """
        heeded = {name.lower() for name in function.heeds}
        return Parameters(
            pair for low, spelt in self._values.items() if low in heeded for pair in spelt.items()
        )


def read_codes(text: str) -> tuple[str, ...]:
    """Agency codes from a JSON list, a bare code, or codes between commas or semicolons; each once.

    What is in a list and is no code is given as its text: nobody has such a code, and the sender is told.
    """
    text = text.strip()
    if text.startswith("["):
        try:
            listed = json.loads(text)
        except (ValueError, RecursionError):
            listed = text.strip("[]").replace('"', "").split(",")
    else:
        listed = text.replace(";", ",").split(",")
    told = (code if isinstance(code, str) else json.dumps(code) for code in listed if code is not None)
    codes = (code.strip().strip("\"'").strip() for code in told)
    return tuple(dict.fromkeys(code for code in codes if code))


def write_codes(codes: Iterable[str]) -> str:
    """Agency codes as the SDK writes them: a JSON list without spaces."""
    return json.dumps(list(codes), separators=(",", ":"))


def read_time(text: str) -> datetime | None:
    """A time as aware; one without a zone is Vietnam's, a day alone its beginning. None if unreadable."""
    text = text.strip()
    at = _time(text) if 0 < len(text) <= _LONGEST_TIME else None
    # at the ends of the calendar a change of zone would raise
    return at if at is not None and 1 < at.year < MAXYEAR else None


def _time(text: str) -> datetime | None:
    for form in _READABLE:
        try:
            return datetime.strptime(text, form).replace(tzinfo=VIETNAM)
        except ValueError:
            continue
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=VIETNAM)


def write_time(at: datetime) -> str:
    """An aware time as VXP writes it."""
    return at.astimezone(VIETNAM).strftime(TIME_FORM)


def message_type(text: str) -> MessageType | None:
    """The message type that a text names, in any case; None if it names none."""
    return next((kind for kind in MessageType if kind == text.strip().lower()), None)


def ack(text: str) -> Ack | None:
    """What a text says of a fetched message, in any case; None if it is none of the three words."""
    return next((word for word in Ack if word == text.strip().lower()), None)
