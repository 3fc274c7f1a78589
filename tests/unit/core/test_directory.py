"""The directory: finding, following, checking and reading it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from typing import Any

import pytest

from gateway.core.catalogue import DIRECTORY_BROKEN
from gateway.core.directory import Agency, Directory, NodeRow, Resolved, check, from_rows, load_toml
from gateway.core.errors import Finding, Misconfigured
from gateway.core.model import AgencyCode, NodeId

TODAY = date(2026, 11, 20)
BUNDLED = ("four-level", "three-tier")


def bundled(name: str) -> Directory:
    return load_toml(files("gateway").joinpath("directories", f"{name}.toml").read_bytes())


def node(name: str, parent: str = "") -> NodeRow:
    return NodeRow(id=NodeId(name), parent=NodeId(parent), organ_code=f"organ.{name}")


def agency(code: str, at: str = "R", **more: Any) -> Agency:
    return Agency(code=AgencyCode(code), name=more.pop("name", f"Cơ quan {code}"), node=NodeId(at), **more)


def directory(*agencies: Agency, nodes: tuple[NodeRow, ...] = (node("R"), node("A", "R"))) -> Directory:
    organs = {row.organ_code: agency(row.organ_code, row.id) for row in nodes}
    return Directory(1, nodes, (*organs.values(), *agencies))


def details(findings: list[Finding]) -> str:
    assert all(f.fault is DIRECTORY_BROKEN for f in findings)
    return "\n".join(f.params["detail"] for f in findings)


class TestFinding:
    @pytest.mark.parametrize("code", ["000.00.13.H14", " 000.00.13.h14 ", "H14.13", "h14.13", "H14.13\n"])
    def test_an_agency_is_found_by_every_code_however_written(self, code: str) -> None:
        found = bundled("four-level").find(code)
        assert found is not None
        assert found.code == "000.00.13.H14"

    def test_an_unknown_code_finds_nothing(self) -> None:
        assert bundled("four-level").find("000.00.99.H99") is None
        assert bundled("four-level").find("") is None

    def test_a_primary_code_wins_over_another_agencys_alias(self) -> None:
        built = directory(agency("X", aliases=("Y",)), agency("Y"))
        found = built.find("y")
        assert found is not None
        assert found.code == "Y"

    def test_a_node_serves_its_agencies_and_no_others(self) -> None:
        served = {row.code for row in bundled("four-level").served_by(NodeId("H14.40"))}
        assert served == {"000.00.40.H14", "000.03.40.H14"}
        assert bundled("four-level").served_by(NodeId("H99")) == ()

    def test_nodes_know_parent_and_children(self) -> None:
        four = bundled("four-level")
        assert four.children(NodeId("H14.40")) == ("H14.40.20", "H14.40.22")
        assert four.neighbours(NodeId("H14.40")) == ("H14", "H14.40.20", "H14.40.22")
        assert four.neighbours(NodeId("G22")) == ("H14", "H21")
        assert four.neighbours(NodeId("H14.40.20")) == ("H14.40",)
        assert four.neighbours(NodeId("H99")) == ()
        assert four.node(NodeId("H99")) is None

    def test_the_tables_cannot_be_changed(self) -> None:
        tables: tuple[Any, ...] = (bundled("four-level").nodes, bundled("four-level").agencies)
        for table in tables:
            with pytest.raises(TypeError):
                table["X"] = None


class TestSearch:
    def test_marks_and_case_do_not_matter(self) -> None:
        names = [row.name for row in bundled("four-level").search("cao bang")]
        assert "Ủy ban nhân dân tỉnh Cao Bằng" in names
        assert all("Cao Bằng" in name for name in names)

    def test_d_with_stroke_is_found_by_d(self) -> None:
        built = directory(agency("X", name="Ủy ban nhân dân tỉnh Đắk Lắk"))
        assert [row.code for row in built.search("dak lak")] == ["X"]

    def test_an_exact_code_comes_first_then_codes_that_begin_so(self) -> None:
        codes = [row.code for row in bundled("four-level").search("h14.40")]
        assert codes[0] == "000.00.40.H14"
        assert set(codes[1:]) == {"000.03.40.H14", "000.20.40.H14", "000.22.40.H14"}

    def test_words_may_stand_in_any_order(self) -> None:
        codes = [row.code for row in bundled("four-level").search("Hòa An nội vụ")]
        assert codes == ["000.03.40.H14"]

    def test_a_name_that_begins_so_comes_before_one_that_holds_it(self) -> None:
        built = directory(agency("1", name="Phòng Nội vụ"), agency("2", name="Nội vụ phòng"))
        assert [row.code for row in built.search("nội vụ")] == ["2", "1"]

    def test_the_limit_holds_and_nothing_finds_nothing(self) -> None:
        assert len(bundled("four-level").search("ủy ban", limit=3)) == 3
        assert bundled("four-level").search("  ") == ()


class TestResolve:
    def resolved(self, built: Directory, code: str, on: date = TODAY) -> Resolved:
        answer = built.resolve(code, on)
        assert isinstance(answer, Resolved)
        return answer

    def refused(
        self, built: Directory, code: str, on: date = TODAY, **policy: Any
    ) -> tuple[str, Mapping[str, str]]:
        answer = built.resolve(code, on, **policy)
        assert isinstance(answer, Finding)
        return answer.code, answer.params

    def test_an_open_agency_is_itself_and_the_named_code_is_kept(self) -> None:
        answer = self.resolved(bundled("four-level"), " h14.13 ")
        assert (answer.agency.code, answer.named, answer.followed_from) == ("000.00.13.H14", "h14.13", None)

    def test_an_unknown_code_is_said_to_be_unknown(self) -> None:
        assert self.refused(bundled("four-level"), "H99") == ("TRUC-405", {"organ": "H99"})

    def test_a_locked_agency_is_said_to_be_locked(self) -> None:
        assert self.refused(bundled("four-level"), "H21.30") == ("TRUC-407", {"organ": "H21.30"})

    def test_a_closed_code_leads_to_its_successor(self) -> None:
        answer = self.resolved(bundled("four-level"), "G14")
        assert (answer.agency.code, answer.followed_from) == ("000.00.00.G06", "000.00.00.G14")

    def test_a_closed_code_is_refused_with_its_successor_where_that_is_the_policy(self) -> None:
        code, params = self.refused(bundled("four-level"), "G14", policy="refuse")
        assert (code, params) == ("TRUC-406", {"organ": "G14", "successor": "000.00.00.G06"})

    def test_a_code_is_its_own_until_its_last_day(self) -> None:
        three = bundled("three-tier")
        assert self.resolved(three, "H08", date(2025, 6, 30)).agency.code == "000.00.00.H08"
        assert self.resolved(three, "H08", date(2025, 7, 1)).agency.code == "000.00.00.H21"

    def test_a_code_of_tomorrow_does_not_exist_today(self) -> None:
        assert self.refused(bundled("three-tier"), "H14.60", date(2025, 6, 30))[0] == "TRUC-405"
        assert self.resolved(bundled("three-tier"), "H14.60", date(2025, 7, 1)).agency.node == "H14.60"

    def test_a_chain_is_followed_to_the_first_that_is_open(self) -> None:
        past: dict[str, Any] = {"valid_to": date(2025, 1, 1)}
        built = directory(
            agency("X", successor="Y.alias", **past),
            agency("Y", successor="Z", aliases=("Y.ALIAS",), **past),
            agency("Z", successor="W"),
            agency("W"),
        )
        answer = self.resolved(built, "X")
        assert (answer.agency.code, answer.followed_from) == ("Z", "X")

    def test_a_closed_code_without_an_open_successor_is_answered_as_locked(self) -> None:
        past: dict[str, Any] = {"valid_to": date(2025, 1, 1)}
        dead_ends = directory(
            agency("alone", **past),
            agency("gone", successor="nobody", **past),
            agency("ends", successor="alone", **past),
            agency("early", successor="later", **past),
            agency("later", valid_from=date(2027, 1, 1)),
            agency("loop1", successor="loop2", **past),
            agency("loop2", successor="loop1", **past),
        )
        for code in ("alone", "gone", "ends", "early", "loop1"):
            assert self.refused(dead_ends, code) == ("TRUC-407", {"organ": code})

    def test_a_successor_that_is_locked_is_named(self) -> None:
        built = directory(
            agency("X", valid_to=date(2025, 1, 1), successor="Y"),
            agency("Y", locked=True),
        )
        assert self.refused(built, "X") == ("TRUC-407", {"organ": "Y"})
        assert self.refused(built, "X", policy="refuse")[0] == "TRUC-406"

    def test_a_successor_prepared_in_advance_changes_nothing_before_its_day(self) -> None:
        built = directory(agency("X", valid_to=date(2027, 1, 1), successor="Y"), agency("Y"))
        assert self.resolved(built, "X").agency.code == "X"

    def test_successors_are_known_directly_and_through_others(self) -> None:
        built = directory(
            agency("X", successor="Y", aliases=("X.old",)),
            agency("Y", successor="Z"),
            agency("Z", aliases=("Z.new",)),
        )
        following = built.successor_of("x.OLD")
        assert following is not None
        assert following.code == "Y"
        assert built.successor_of("Z") is None
        assert built.successor_of("nobody") is None
        assert built.is_successor("X.old", "z.NEW")
        assert built.is_successor("X", "Y")
        assert not built.is_successor("Y", "X")
        assert not built.is_successor("X", "X")
        assert not built.is_successor("nobody", "X")
        assert not built.is_successor("X", "nobody")


class TestCheck:
    @pytest.mark.parametrize("name", BUNDLED)
    def test_the_directories_that_ship_are_sound(self, name: str) -> None:
        assert check(bundled(name)) == []

    def test_a_small_sound_directory_has_no_findings(self) -> None:
        assert check(directory(agency("X", aliases=("x", "Y")))) == []

    @pytest.mark.parametrize(
        ("nodes", "said"),
        [
            ((node("A", "B"), node("B", "A"), node("R")), "loop: A → B → A"),
            ((node("A", "A"), node("R")), "loop: A → A"),
            ((node("R"), node("A", "C")), "the parent C of A is missing"),
            ((node("R"), node("S")), "one root node, not 2 (R, S)"),
            ((node("A", "B"), node("B", "A")), "one root node, not 0"),
            ((), "one root node, not 0"),
            ((node("R"), node("a", "R"), node("A", "R")), "the node A is there twice (a)"),
            ((node("R"), node("A", "R"), node("A", "R")), "the node A is there twice (A)"),
            ((node("R"), node("../A", "R")), 'the node id "../A" has a bad form'),
        ],
    )
    def test_a_broken_tree_is_named(self, nodes: tuple[NodeRow, ...], said: str) -> None:
        assert said in details(check(directory(nodes=nodes)))

    def test_a_node_must_serve_its_own_organ(self) -> None:
        rows = (
            NodeRow(id=NodeId("R")),
            NodeRow(id=NodeId("A"), parent=NodeId("R"), organ_code="X"),
            NodeRow(id=NodeId("B"), parent=NodeId("R"), organ_code="Y"),
        )
        said = details(check(Directory(1, rows, (agency("X", "R"), agency("Y", "B")))))
        assert "the node R does not serve its own organ" in said
        assert "the node A does not serve its own organ" in said
        assert "the node B" not in said

    @pytest.mark.parametrize(
        ("rows", "said"),
        [
            ([agency("X", "nowhere")], "the node nowhere of X is missing"),
            ([agency("X", parent="nobody")], "the parent nobody of X is missing"),
            ([agency("X", successor="nobody")], "the successor nobody of X is missing"),
            (
                [agency("X", aliases=("Q",)), agency("Y", aliases=("Q",))],
                "the code Q is used by both X and Y",
            ),
            ([agency("X"), agency("Y", aliases=("X",))], "the code X is used by both X and Y"),
            ([agency("X"), agency("X")], "the code X is used by both X and X"),
            ([agency("h14"), agency("H14")], '"H14" (H14) and "h14" (h14) differ only by case'),
            ([agency("X", aliases=("a b",))], 'the code "a b" cannot be used'),
            ([agency("X", aliases=("",))], 'the code "" cannot be used'),
            ([agency("X", successor="Y"), agency("Y", successor="X")], "successors form a loop: X → Y → X"),
            ([agency("X", successor="X.2", aliases=("X.2",))], "successors form a loop: X → X"),
            ([agency("X", parent="Y"), agency("Y", parent="X")], "parents form a loop: X → Y → X"),
            (
                [agency("X", valid_from=date(2025, 2, 1), valid_to=date(2025, 1, 1))],
                "X ends before it begins",
            ),
        ],
    )
    def test_a_broken_agency_is_named(self, rows: list[Agency], said: str) -> None:
        assert said in details(check(directory(*rows)))

    def test_everything_is_said_at_once_and_in_both_languages(self) -> None:
        findings = check(directory(agency("X", "nowhere"), agency("Y", successor="nobody")))
        assert len(findings) == 2
        assert all(" / " in f.params["detail"] for f in findings)

    def test_a_line_that_runs_into_a_loop_is_no_second_loop(self) -> None:
        rows = [agency("W", successor="X"), agency("X", successor="Y"), agency("Y", successor="X")]
        assert details(check(directory(*rows))).count("loop") == 1


class TestReading:
    @pytest.mark.parametrize("name", BUNDLED)
    def test_a_directory_survives_json(self, name: str) -> None:
        before = bundled(name)
        tree = json.loads(json.dumps(before.as_dict()))
        assert from_rows(tree["version"], tree["nodes"], tree["agencies"]) == before

    def test_a_misspelt_key_is_refused_with_the_nearest(self) -> None:
        text = b'version = 1\n[[agencies]]\ncode = "X"\nname = "X"\nnode = "R"\nlokced = true\n'
        with pytest.raises(Misconfigured) as caught:
            load_toml(text)
        assert caught.value.code == "TRUC-801"
        assert caught.value.first.params == {"key": "agencies[0].lokced", "nearest": "locked"}

    def test_a_misspelt_table_is_refused_with_the_nearest(self) -> None:
        with pytest.raises(Misconfigured) as caught:
            load_toml(b'version = 1\n[[node]]\nid = "R"\n')
        assert caught.value.first.params == {"key": "node", "nearest": "nodes"}

    @pytest.mark.parametrize(
        ("data", "key"),
        [
            (b"version = ", "directory"),
            (b"\xff\xfe", "directory"),
            (b"", "version"),
            (b'version = "1"', "version"),
            (b"version = 0", "version"),
            (b"version = true", "version"),
            (b"version = 1\nnodes = 3", "nodes"),
            (b'version = 1\n[agencies]\ncode = "X"', "agencies"),
            (b"version = 1\nnodes = [3]", "nodes[0]"),
        ],
    )
    def test_a_file_that_cannot_be_used_says_where(self, data: bytes, key: str) -> None:
        with pytest.raises(Misconfigured) as caught:
            load_toml(data)
        assert (caught.value.code, caught.value.first.params["key"]) == ("TRUC-802", key)

    def test_every_bad_row_is_named(self) -> None:
        with pytest.raises(Misconfigured) as caught:
            from_rows(1, [{"id": ""}], [{"code": "X"}, {}])
        assert len(caught.value.findings) == 1 + 2 + 3


class TestBundled:
    @pytest.mark.parametrize("name", BUNDLED)
    def test_it_holds_what_the_sandbox_shows(self, name: str) -> None:
        built = bundled(name)
        rows = built.agency_rows
        assert any(row.is_closed(TODAY) and built.successor_of(row.code) for row in rows)
        assert any(row.locked for row in rows)
        assert {row.sends_arrived for row in rows} == {True, False}

    @pytest.mark.parametrize(("name", "levels"), [("four-level", 4), ("three-tier", 3)])
    def test_levels_are_labels_of_the_directory(self, name: str, levels: int) -> None:
        assert len({row.level for row in bundled(name).node_rows}) == levels

    def test_every_closed_district_and_commune_has_an_heir_today(self) -> None:
        three = bundled("three-tier")
        for row in three.agency_rows:
            if row.is_closed(TODAY):
                assert isinstance(three.resolve(row.code, TODAY), Resolved)


def test_the_real_number_of_agencies_is_found_by_index() -> None:
    """111,339 agencies were listed on one axis; every one is found by both codes."""
    rows = tuple(agency(f"{i:06}.H14", aliases=(f"H14.{i:06}",)) for i in range(111_339))
    built = directory(*rows)
    for i in (0, 55_555, 111_338):
        assert built.find(f"h14.{i:06}") is rows[i]
        assert built.agencies[rows[i].code] is rows[i]
