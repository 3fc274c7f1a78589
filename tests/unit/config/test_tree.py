"""
The tree of settings: frozen, free of secrets, and one with what it stands for.
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.config import Config, LimitsSection, parse
from gateway.core.errors import Misconfigured
from schemas.safe_xml import Limits


def config(**sections: object) -> Config:
    return parse({"node": {"id": "H14"}, **sections}, {}, base=Path("/etc/truc"))


def test_nothing_can_be_changed_after_reading() -> None:
    with pytest.raises(ValidationError):
        config().node.id = "H21"  # type: ignore[misc]


def test_limits_of_xml_are_those_of_the_reader() -> None:
    """A limit that the reader gains must become a setting too."""
    assert {f.name for f in fields(Limits)} == LimitsSection.model_fields.keys() - {"archive_ratio"}
    assert config().limits.xml() == Limits()
    assert config(limits={"depth": 20, "text_bytes": "2KiB"}).limits.xml() == Limits(
        depth=20, text_bytes=2048
    )


def test_limit_of_archives_reaches_the_look_into_them() -> None:
    assert config(limits={"archive_ratio": 7}).limits.archives().ratio == 7


def test_password_of_the_database_comes_from_where_the_setting_says() -> None:
    tree = config(store={"url": "postgresql+psycopg://truc@db/truc", "password": "env:DB_PASSWORD"})
    assert tree.store_url({"DB_PASSWORD": "a/b c"}) == "postgresql+psycopg://truc:a%2Fb%20c@db/truc"
    with pytest.raises(Misconfigured):
        tree.store_url({})


def test_link_is_found_by_the_name_of_its_neighbour() -> None:
    links = {"G22": {"url": "amqps://H14@axis/g22", "password": "env:LINK"}}
    tree = config(broker={"links": links})
    assert tree.link_url("G22", {"LINK": "x"}) == "amqps://H14:x@axis/g22"
    with pytest.raises(Misconfigured):
        tree.link_url("H21", {"LINK": "x"})


def test_printing_the_tree_reveals_no_secret(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("geheim\n", "utf-8")
    file.chmod(0o600)
    tree = config(store={"url": "postgresql://truc@db/truc", "password": f"file:{file}"})
    assert "geheim" in tree.store_url({})
    assert "geheim" not in repr(tree) + tree.model_dump_json()
