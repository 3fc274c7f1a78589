from __future__ import annotations

from gateway.core.directory import Agency, Directory
from gateway.core.directory_index import MOST_FOUND, DirectoryIndex, folded
from gateway.core.model import AgencyCode, NodeId


def agency(code: str, name: str, **more: object) -> Agency:
    return Agency(code=AgencyCode(code), name=name, node=NodeId("H14"), **more)  # type: ignore[arg-type]


def index(*rows: Agency) -> DirectoryIndex:
    return Directory(1, (), rows).index


def codes(found: object) -> list[str]:
    return [row.code for row in found]  # type: ignore[attr-defined]


def test_exact_code_comes_before_its_beginning_and_that_before_names_and_words() -> None:
    rows = index(
        agency("9", "xã H14 cũ"),
        agency("8", "H14 là tên"),
        agency("H14.2", "hai"),
        agency("7", "một", aliases=("H14",)),
    )
    assert codes(rows.search("h14")) == ["7", "H14.2", "8", "9"]


def test_marks_case_and_spaces_do_not_matter() -> None:
    rows = index(agency("1", "Sở Nội vụ tỉnh Đắk Lắk"))
    for typed in ("SỞ NỘI VỤ", "so noi vu", "  lak   dak ", "Đăk Lak nội"):
        assert codes(rows.search(typed)) == ["1"], typed


def test_words_of_two_agencies_find_neither() -> None:
    rows = index(agency("1", "Sở Y tế"), agency("2", "Huyện Cư Kuin"))
    assert rows.search("y te kuin") == []
    assert rows.search("te huyen") == []


def test_names_with_breaks_and_tabs_stay_in_their_line() -> None:
    rows = index(agency("1", "Sở\nNội\tvụ"), agency("2", "Sở Y tế"))
    assert codes(rows.search("noi vu")) == ["1"]
    assert codes(rows.search("y te")) == ["2"]


def test_rubbish_finds_nothing() -> None:
    rows = index(agency("1", "Sở Y tế"))
    for typed in ("", "   ", "\n", "\t1", "漢字", "\x00", "." * 5000):
        assert codes(rows.search(typed)) in ([], ["1"])
    assert Directory(1, (), ()).index.search("a") == []


def test_search_that_finds_too_much_ends() -> None:
    rows = index(*(agency(f"{number:05}", "Ủy ban nhân dân") for number in range(MOST_FOUND + 5)))
    assert len(rows.search("uy ban")) == MOST_FOUND
    assert len(rows.search("ban uy")) == MOST_FOUND


def test_only_what_is_to_be_kept_is_found() -> None:
    rows = index(agency("1", "Sở Y tế", tier="Sở"), agency("2", "Trạm Y tế", tier="Xã"))
    assert codes(rows.search("y te", lambda row: row.tier == "Xã")) == ["2"]
    assert [place for place, _ in rows.rows_from(1, lambda _row: True)] == [1]
    assert rows.tiers == {"Sở": 1, "Xã": 1}


def test_relatives_are_found_by_any_of_their_codes() -> None:
    rows = [
        agency("1", "Tỉnh", aliases=("T1",)),
        agency("2", "Sở", parent="t1"),
        agency("3", "Tỉnh cũ", successor="1"),
        agency("4", "Lạc", parent="không có"),
    ]
    built = index(*rows)
    assert codes(built.below(rows[0])) == ["2"]
    assert codes(built.before(rows[0])) == ["3"]
    assert built.below(rows[1]) == []


def test_folding_leaves_breaks_alone() -> None:
    assert folded("Đường\nỨng\tHòa –") == "duong\nung\thoa "
