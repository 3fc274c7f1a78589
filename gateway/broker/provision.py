"""
Setting a broker up: what topology plans, as one definitions file that `rabbitmqctl` takes in one call.

One call, since each costs a second or two, and since a half-provisioned broker is worse than none. Importing
again changes nothing that is right, and never empties or deletes a queue.

Spec: docs/protocol.md chapter 2
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gateway.broker.topology import Plan
from gateway.core.catalogue import BROKER_MISMATCH, CONFIG_NO_FILE, KEY_FILE_OPEN, PROGRAM_FAILED
from gateway.core.errors import Finding, Misconfigured, find

PASSWORD_BYTES = 32
SALT_BYTES = 4  # the form that RabbitMQ stores: four bytes of salt before the digest
CONTROL_SECONDS = 120.0
OPEN_TO_OTHERS = 0o077

Definitions = Mapping[str, Any]
"""What `rabbitmqctl import_definitions` takes and `export_definitions` gives, as JSON."""

# How an entry of a section is found in an export, and which of its fields must be the same there.
_KEYS: Mapping[str, tuple[str, ...]] = {
    "vhosts": ("name",),
    "users": ("name",),
    "permissions": ("vhost", "user"),
    "exchanges": ("vhost", "name"),
    "queues": ("vhost", "name"),
    "bindings": ("vhost", "source", "routing_key", "destination", "destination_type"),
}
_COMPARED: Mapping[str, tuple[str, ...]] = {
    "permissions": ("configure", "write", "read"),
    "exchanges": ("type", "durable"),
    "queues": ("durable", "arguments"),
}


# --- what is created -----------------------------------------------------------------------------


def definitions(
    plans: Iterable[Plan],
    passwords: Mapping[str, str],
    salt: Callable[[int], bytes] = secrets.token_bytes,
) -> dict[str, Any]:
    """
    These virtual hosts with their users, permissions, exchanges, queues and bindings.

    `passwords` are by user; a user without one is left as it is. No password stands in the result, only its
    salted SHA-256.
    """
    plans = tuple(plans)
    users = sorted({user for plan in plans for user in plan.permissions if user in passwords})
    return {
        "vhosts": [{"name": plan.vhost} for plan in plans],
        "users": [_user(user, passwords[user], salt) for user in users],
        "permissions": [entry for plan in plans for entry in _permissions(plan)],
        "exchanges": [entry for plan in plans for entry in _exchanges(plan)],
        "queues": [entry for plan in plans for entry in _queues(plan)],
        "bindings": [entry for plan in plans for entry in _bindings(plan)],
    }


def _user(name: str, password: str, salt: Callable[[int], bytes]) -> dict[str, Any]:
    return {
        "name": name,
        "password_hash": _salted(password, salt(SALT_BYTES)),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": [],
    }


def _permissions(plan: Plan) -> Iterator[dict[str, Any]]:
    for user, may in plan.permissions.items():
        rules = {"configure": may.configure, "write": may.write, "read": may.read}
        yield {"user": user, "vhost": plan.vhost, **rules}


def _exchanges(plan: Plan) -> Iterator[dict[str, Any]]:
    manner = {"type": "direct", "durable": True, "auto_delete": False, "internal": False, "arguments": {}}
    for name in plan.exchanges:
        yield {"name": name, "vhost": plan.vhost, **manner}


def _queues(plan: Plan) -> Iterator[dict[str, Any]]:
    for name, arguments in plan.queues.items():
        manner = {"durable": True, "auto_delete": False, "arguments": dict(arguments)}
        yield {"name": name, "vhost": plan.vhost, **manner}


def _bindings(plan: Plan) -> Iterator[dict[str, Any]]:
    for binding in plan.bindings:
        yield {
            "vhost": plan.vhost,
            "source": binding.exchange,
            "routing_key": binding.key,
            "destination": binding.queue,
            "destination_type": "queue",
            "arguments": {},
        }


# --- what is there -------------------------------------------------------------------------------


def differences(
    plans: Iterable[Plan], found: Definitions, passwords: Mapping[str, str] | None = None
) -> list[Finding]:
    """
    What the export of a broker lacks of these plans, or holds otherwise: one finding for each thing.

    A user is compared by its password if that is among `passwords`, else only by its name. What the broker
    holds beside the plans is nobody's business here.
    """
    plans, passwords = tuple(plans), passwords or {}
    wanted = definitions(plans, {user: "" for plan in plans for user in plan.permissions})
    faults: list[Finding] = []
    for section, keys in _KEYS.items():
        there = {tuple(entry.get(k) for k in keys): entry for entry in found.get(section, ())}
        for entry in wanted[section]:
            name = " ".join(str(entry[k]) for k in keys)
            held = there.get(tuple(entry[k] for k in keys))
            if held is None:
                faults.append(find(BROKER_MISMATCH, queue=name, detail=f"not among the {section}"))
                continue
            for field in _COMPARED.get(section, ()):
                if held.get(field) != entry[field]:
                    detail = f"{field} is {held.get(field)}, not {entry[field]}"
                    faults.append(find(BROKER_MISMATCH, queue=name, detail=detail))
            if section == "users" and name in passwords and not _is_password(held, passwords[name]):
                faults.append(find(BROKER_MISMATCH, queue=name, detail="it has another password"))
    return faults


def _is_password(user: Mapping[str, Any], password: str) -> bool:
    stored = str(user.get("password_hash", ""))
    salt = base64.b64decode(stored)[:SALT_BYTES]
    return secrets.compare_digest(stored, _salted(password, salt))


def _salted(password: str, salt: bytes) -> str:
    digest = hashlib.sha256(salt + password.encode()).digest()
    return base64.b64encode(salt + digest).decode("ascii")


# --- with rabbitmqctl ----------------------------------------------------------------------------


def import_definitions(wanted: Definitions, command: Sequence[str] = ("rabbitmqctl",)) -> None:
    """Create what is missing of `wanted`. Raises: Misconfigured (PROGRAM_FAILED)."""
    _control(command, "import_definitions", stdin=json.dumps(wanted).encode())


def export_definitions(command: Sequence[str] = ("rabbitmqctl",)) -> Definitions:
    """All that the broker holds, its messages apart. Raises: Misconfigured (PROGRAM_FAILED)."""
    found: Definitions = json.loads(_control(command, "export_definitions", "-"))
    return found


def _control(command: Sequence[str], *words: str, stdin: bytes = b"") -> bytes:
    program = " ".join(command)
    try:
        done = subprocess.run(  # noqa: S603 - the operator's own command
            [*command, "--quiet", *words],
            input=stdin,
            capture_output=True,
            timeout=CONTROL_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as failed:
        raise Misconfigured(find(PROGRAM_FAILED, program=program, detail=failed)) from failed
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).decode(errors="replace").split())
        raise Misconfigured(find(PROGRAM_FAILED, program=program, detail=said[:400]))
    return done.stdout


# --- passwords -----------------------------------------------------------------------------------


def new_password() -> str:
    """A random password of 256 bits for one node's user."""
    return secrets.token_urlsafe(PASSWORD_BYTES)


def keep_passwords(folder: Path, users: Iterable[str]) -> dict[str, str]:
    """
    The password of each user from a file of its own in `folder`; made, and kept there, if there is none.

    Raises: Misconfigured (CONFIG_NO_FILE) if a file can't be read or made; (KEY_FILE_OPEN) if others can.
    """
    kept: dict[str, str] = {}
    for user in users:
        path = folder / user
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _make(path)
            if path.stat().st_mode & OPEN_TO_OTHERS:
                raise Misconfigured(find(KEY_FILE_OPEN, path=path))
            kept[user] = path.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as unusable:
            detail = getattr(unusable, "strerror", None) or type(unusable).__name__
            raise Misconfigured(find(CONFIG_NO_FILE, path=path, detail=detail)) from unusable
    return kept


def _make(path: Path) -> None:
    """A file with a new password, unless there is one: never half a password under its name."""
    if path.exists():
        return
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(new_password() + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
