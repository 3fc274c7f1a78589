"""
The wall between the store and its databases: what their drivers raise becomes what a caller can act on.
"""

from __future__ import annotations

import sqlite3
from datetime import timedelta

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from gateway.core.catalogue import DISK_FULL, SCHEMA_OLD, STORE_BUSY
from gateway.core.errors import Misconfigured, TrucError, Unavailable, find

RETRY_AFTER = timedelta(seconds=15)
"""Space is not freed in a moment; a lock or a restarted server is over sooner, and asks again by itself."""

# PostgreSQL is known by its SQLSTATE, not by the classes of its driver: a node on SQLite would import all of
# the driver (9 MB) only to name them.
_NO_SUCH_TABLE = frozenset({"42P01", "42703"})  # undefined table, undefined column
_DISK_FULL = "53100"
_IN_EACH_OTHERS_WAY = frozenset({"40P01", "40001"})  # deadlock, serialization failure
_INTEGRITY = "23"  # the class of these states


def translate(error: Exception) -> TrucError | None:
    """What an error of a driver means to the caller; None if it is none, or a fault of ours."""
    if isinstance(error, PoolTimeout):  # every connection of the pool is in use
        return _busy(error)
    if isinstance(error, sqlite3.Error):  # of a transaction that could not begin
        return _sqlite(error)
    if not isinstance(error, DBAPIError):
        return None
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return _sqlite(cause)
    state = _state(error)
    if state == _DISK_FULL:
        return Unavailable(find(DISK_FULL), retry_after=RETRY_AFTER)
    if state in _NO_SUCH_TABLE:
        return _old(error.orig or error)
    if state in _IN_EACH_OTHERS_WAY:
        return _busy(error.orig or error)
    return _busy(error) if isinstance(error, OperationalError | InterfaceError) else None


def is_worth_repeating(error: Exception) -> bool:
    """
    Whether the same operation may pass if it is run again at once.

    Another instance was faster (the operation will now see its rows), or the connection broke (the pool opens
    a new one). Operations are safe to run twice, so a commit whose outcome is unknown is simply run again.
    """
    if not isinstance(error, DBAPIError):
        return False
    state = _state(error)
    return (
        error.connection_invalidated
        or isinstance(error.orig, sqlite3.IntegrityError)
        or state in _IN_EACH_OTHERS_WAY
        or state.startswith(_INTEGRITY)
    )


def _state(error: DBAPIError) -> str:
    """The SQLSTATE that PostgreSQL gave with an error; empty for SQLite, and when the connection broke."""
    return getattr(error.orig, "sqlstate", None) or ""


def _sqlite(cause: sqlite3.Error) -> TrucError | None:
    code = getattr(cause, "sqlite_errorcode", None)
    primary = None if code is None else code & 0xFF
    if primary == sqlite3.SQLITE_FULL:
        return Unavailable(find(DISK_FULL), retry_after=RETRY_AFTER)
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN):
        return _busy(cause)
    if primary == sqlite3.SQLITE_ERROR and str(cause).startswith(("no such table", "no such column")):
        return _old(cause)
    return None


def _busy(cause: BaseException) -> Unavailable:
    return Unavailable(find(STORE_BUSY, detail=_first_line(cause)))


def _old(cause: BaseException) -> Misconfigured:
    return Misconfigured(find(SCHEMA_OLD, found=_first_line(cause), wanted="head"))


def _first_line(cause: BaseException) -> str:
    return (str(cause).splitlines() or [type(cause).__name__])[0]
