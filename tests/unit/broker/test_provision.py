from __future__ import annotations

import base64
import hashlib
import json
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from gateway.broker.provision import (
    definitions,
    differences,
    export_definitions,
    import_definitions,
    keep_passwords,
    new_password,
)
from gateway.broker.topology import plan
from gateway.core.errors import Misconfigured
from gateway.core.model import NodeId

H14 = plan(NodeId("H14"), [NodeId("H14.31"), NodeId("H14.32")])
G22 = plan(NodeId("G22"), [NodeId("H14")])
PASSWORDS = {"node.H14": "one", "node.H14.31": "two", "node.H14.32": "three", "node.G22": "four"}


def salt(size: int) -> bytes:
    return bytes(range(size))


def named(entries: list[dict[str, Any]], vhost: str) -> set[str]:
    return {entry["name"] for entry in entries if entry["vhost"] == vhost}


def test_definitions_hold_everything_of_every_plan() -> None:
    made = definitions([H14, G22], PASSWORDS)
    assert [vhost["name"] for vhost in made["vhosts"]] == ["truc.H14", "truc.G22"]
    for wanted in (H14, G22):
        assert named(made["queues"], wanted.vhost) == set(wanted.queues)
        assert named(made["exchanges"], wanted.vhost) == set(wanted.exchanges)
        routes = {
            (b["source"], b["routing_key"], b["destination"])
            for b in made["bindings"]
            if b["vhost"] == wanted.vhost
        }
        assert routes == {(b.exchange, b.key, b.queue) for b in wanted.bindings}
        rights = {
            p["user"]: (p["configure"], p["write"], p["read"])
            for p in made["permissions"]
            if p["vhost"] == wanted.vhost
        }
        assert rights == {u: (p.configure, p.write, p.read) for u, p in wanted.permissions.items()}


def test_queues_and_exchanges_outlive_a_restart_of_the_broker() -> None:
    made = definitions([H14], PASSWORDS)
    assert all(thing["durable"] and not thing["auto_delete"] for thing in made["queues"] + made["exchanges"])
    assert all(queue["arguments"] == H14.queues[queue["name"]] for queue in made["queues"])


def test_user_of_two_virtual_hosts_is_made_once_and_administers_nothing() -> None:
    made = definitions([H14, G22], PASSWORDS)
    assert [user["name"] for user in made["users"]] == sorted(PASSWORDS)
    assert all(user["tags"] == [] for user in made["users"])


def test_no_password_stands_in_the_definitions_only_its_salted_digest() -> None:
    made = definitions([H14], PASSWORDS, salt)
    digest = base64.b64encode(salt(4) + hashlib.sha256(salt(4) + b"one").digest()).decode()
    assert next(u["password_hash"] for u in made["users"] if u["name"] == "node.H14") == digest
    again = definitions([H14], PASSWORDS)
    assert {u["password_hash"] for u in again["users"]}.isdisjoint(u["password_hash"] for u in made["users"])
    assert not any(f'"{password}"' in json.dumps(made) for password in PASSWORDS.values())


def test_user_without_a_password_is_left_as_it_is() -> None:
    made = definitions([H14], {"node.H14.31": "new"})
    assert [user["name"] for user in made["users"]] == ["node.H14.31"]
    assert len(made["permissions"]) == 3


# --- comparing -----------------------------------------------------------------------------------


def told(found: dict[str, Any], passwords: dict[str, str] | None = None) -> dict[str, str]:
    return {f.params["queue"]: f.params["detail"] for f in differences([H14], found, passwords)}


def test_broker_that_holds_the_plan_and_more_has_no_differences() -> None:
    assert told(definitions([G22, H14], PASSWORDS), PASSWORDS) == {}


@pytest.mark.parametrize("section", ["vhosts", "users", "permissions", "exchanges", "queues", "bindings"])
def test_what_is_missing_is_found(section: str) -> None:
    found = definitions([H14], PASSWORDS)
    found[section].pop()
    (detail,) = told(found).values()
    assert detail == f"not among the {section}"


@pytest.mark.parametrize(
    ("section", "field", "value"),
    [
        ("queues", "arguments", {"x-queue-type": "classic"}),
        ("queues", "durable", False),
        ("exchanges", "type", "fanout"),
        ("permissions", "read", ".*"),
    ],
)
def test_what_is_otherwise_is_found(section: str, field: str, value: object) -> None:
    found = definitions([H14], PASSWORDS)
    found[section][0][field] = value
    (detail,) = told(found).values()
    assert detail.startswith(f"{field} is {value}, not ")


def test_user_with_another_password_is_found() -> None:
    found = definitions([H14], PASSWORDS | {"node.H14.31": "guessed"})
    assert told(found, PASSWORDS) == {"node.H14.31": "it has another password"}
    assert told(found) == {}


def test_user_without_any_password_is_found() -> None:
    found = definitions([H14], PASSWORDS)
    found["users"][0]["password_hash"] = ""
    assert told(found, PASSWORDS) == {"node.H14": "it has another password"}


# --- with a program in place of rabbitmqctl ------------------------------------------------------


def program(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "control.py"
    path.write_text(text, encoding="utf-8")
    return [sys.executable, str(path)]


def test_definitions_go_to_rabbitmqctl_in_one_call_and_on_no_disk(tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    said = f"import sys; open({str(heard)!r}, 'a').write(repr(sys.argv[1:]) + sys.stdin.read() + '\\n')"
    import_definitions(definitions([G22], PASSWORDS, salt), program(tmp_path, said))
    (line,) = heard.read_text("utf-8").splitlines()
    assert line == "['--quiet', 'import_definitions']" + json.dumps(definitions([G22], PASSWORDS, salt))


def test_export_is_read_as_definitions(tmp_path: Path) -> None:
    asked = "import sys; assert sys.argv[2:] == ['export_definitions', '-']"
    answer = f"{asked}; print({json.dumps(definitions([H14], {}))!r})"
    assert export_definitions(program(tmp_path, answer)) == definitions([H14], {})


def test_rabbitmqctl_that_fails_or_is_missing_is_told_with_its_words(tmp_path: Path) -> None:
    fails = program(tmp_path, "import sys; sys.exit('Error: unable to perform an operation')")
    with pytest.raises(Misconfigured, match=r"TRUC-810 .*unable to perform"):
        import_definitions({}, fails)
    with pytest.raises(Misconfigured, match=r"TRUC-810 .*No such file"):
        export_definitions([str(tmp_path / "nowhere")])


# --- passwords -----------------------------------------------------------------------------------


def test_passwords_are_long_and_never_the_same() -> None:
    assert len({new_password() for _ in range(100)}) == 100
    assert len(new_password()) >= 43


def test_passwords_are_made_once_and_kept_where_only_their_owner_reads(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    first = keep_passwords(folder, ["node.H14", "node.H14.31"])
    assert stat.S_IMODE((folder / "node.H14").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert keep_passwords(folder, ["node.H14", "node.H14.32"])["node.H14"] == first["node.H14"]
    assert len(set(first.values())) == 2
    assert sorted(p.name for p in folder.iterdir()) == ["node.H14", "node.H14.31", "node.H14.32"]


def test_password_that_others_can_read_is_refused(tmp_path: Path) -> None:
    keep_passwords(tmp_path, ["node.H14"])
    (tmp_path / "node.H14").chmod(0o640)
    with pytest.raises(Misconfigured, match="TRUC-804"):
        keep_passwords(tmp_path, ["node.H14"])


def test_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="ascii")
    with pytest.raises(Misconfigured, match="TRUC-803"):
        keep_passwords(tmp_path / "file", ["node.H14"])
