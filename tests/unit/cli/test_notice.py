"""
`truc notice`: subscriptions and notices are rows beside the running node; a secret is shown once.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from gateway.cli.opened import now, store_of
from gateway.core.catalogue import BAD_REQUEST, UNKNOWN_NOTICE, UNKNOWN_SUBSCRIPTION
from gateway.ports import Channel, NoticeOutcome
from tests.kit.command import truc

HERE = "000.00.00.H14"
ADDRESS, MAIL = "https://qlvb.caobang.gov.vn/truc", "vanthu@caobang.gov.vn"


def subscribed(node: Path, address: str = ADDRESS, *options: str) -> str:
    ran = truc("notice", "subscribe", "-c", node, HERE, address, "--json", *options)
    assert ran.code == 0, ran.err
    return str(ran.json["subscription"]["id"])


def give_up(node: Path) -> None:
    """Somebody tried everything that is due, in vain."""

    async def tried() -> None:
        async with store_of(node) as (_, store):
            for notice in await store.claim_notices(Channel.WEBHOOK, now(), now(), 100):
                outcome = NoticeOutcome(heard=False, code="TRUC-707", detail="HTTP 500")
                await store.notice_ended(notice.number, outcome, now())

    asyncio.run(tried())


def test_subscribed_webhook_shows_its_secret_once(node: Path) -> None:
    ran = truc("notice", "subscribe", "-c", node, HERE, ADDRESS, "--label", "QLVB")
    assert ran.code == 0
    id_line, secret = ran.out.splitlines()
    assert secret.startswith("whsec_")
    assert "Keep it safe" in ran.err
    listed = truc("notice", "list", "-c", node)
    assert id_line.rpartition(" ")[2] in listed.out
    assert secret not in listed.out


def test_mail_address_makes_a_subscription_by_mail(node: Path) -> None:
    subscribed(node, MAIL, "--on", "document.arrived", "--show-subject")
    (listed,) = truc("notice", "list", "-c", node, "--json").json["subscriptions"]
    assert (listed["channel"], listed["address"], listed["shows_subject"]) == ("mail", MAIL, True)
    assert listed["occasions"] == ["document.arrived"]


def test_unknown_occasion_is_wrong_usage(node: Path) -> None:
    ran = truc("notice", "subscribe", "-c", node, HERE, ADDRESS, "--on", "letter.lost")
    assert ran.code == 2
    assert "document.arrived" in ran.err


def test_address_that_may_not_be_called_is_refused(node: Path) -> None:
    ran = truc("notice", "subscribe", "-c", node, HERE, "http://qlvb.caobang.gov.vn/", "--json")
    assert ran.code == 1
    assert ran.json["error"]["code"] == BAD_REQUEST.code


def test_settings_of_the_node_say_which_addresses_may_be_called(node: Path) -> None:
    node.write_text(node.read_text("utf-8") + "\n[webhook]\nallow_http = true\n", "utf-8")
    assert subscribed(node, "http://10.1.2.3/truc")


def test_ping_that_nobody_heard_is_found_and_sent_again(node: Path) -> None:
    id_ = subscribed(node)
    (pinged,) = truc("notice", "ping", "-c", node, id_, "--json").json["notices"]
    assert (pinged["state"], pinged["occasion"]) == ("due", "ping")
    assert truc("notice", "dead", "-c", node, "--json").json == {"notices": []}
    give_up(node)
    (dead,) = truc("notice", "dead", "-c", node, "--subscription", id_, "--json").json["notices"]
    assert (dead["number"], dead["detail"]) == (pinged["number"], "HTTP 500")
    assert "không gửi được" in truc("notice", "dead", "-c", node).out
    ran = truc("notice", "redeliver", "-c", node, str(dead["number"]), "--json")
    assert ran.json["notices"][0]["state"] == "due"
    assert truc("notice", "dead", "-c", node, "--json").json == {"notices": []}


def test_removed_subscription_is_listed_no_more(node: Path) -> None:
    id_ = subscribed(node)
    assert truc("notice", "remove", "-c", node, id_).code == 0
    assert truc("notice", "list", "-c", node, "--json").json == {"subscriptions": []}


def test_unknown_names_are_refused(node: Path) -> None:
    for command in ("ping", "remove"):
        ran = truc("notice", command, "-c", node, "sub_x", "--json")
        assert (ran.code, ran.json["error"]["code"]) == (1, UNKNOWN_SUBSCRIPTION.code)
    ran = truc("notice", "redeliver", "-c", node, "9", "--json")
    assert (ran.code, ran.json["error"]["code"]) == (1, UNKNOWN_NOTICE.code)
    assert truc("notice", "redeliver", "-c", node, "chin").code == 2


def test_key_of_the_vault_lies_beside_the_database(node: Path) -> None:
    subscribed(node)
    key = node.parent / "data" / "secrets.key"
    assert key.stat().st_mode & 0o077 == 0
