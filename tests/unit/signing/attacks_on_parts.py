"""The seal is good; the parts it is shown with are not."""

from __future__ import annotations

from hypothesis import strategies as st
from lxml import etree

from signing.parts import SealedPart
from signing.seal import XADES
from signing.verdict import Reason
from tests.unit.signing.attack import Case, Draw, attack, forged, index, sealed, with_parts
from tests.unit.signing.forger import references, text, tree
from tests.unit.signing.letters import Letter, People, letter, part_of


@attack(Reason.PART_CHANGED)
def any_byte_of_a_part_changed(draw: Draw, people: People) -> Case:
    made, signed = sealed(draw, people)
    name = draw(st.sampled_from(list(made.bytes_of)))
    data = bytearray(made.bytes_of[name])
    data[index(draw, list(data))] ^= draw(st.integers(1, 255))
    changed = Letter({**made.bytes_of, name: bytes(data)})
    return Case(signed, changed.parts, people.trust())


@attack(Reason.PART_MISSING)
def part_missing(draw: Draw, people: People) -> Case:
    def change(parts: list[SealedPart]) -> list[SealedPart]:
        del parts[index(draw, parts)]
        return parts

    return with_parts(draw, people, change)


@attack(Reason.PART_ADDED)
def part_added(draw: Draw, people: People) -> Case:
    def change(parts: list[SealedPart]) -> list[SealedPart]:
        parts.insert(index(draw, parts), part_of("parts/9999", b"smuggled"))
        return parts

    return with_parts(draw, people, change)


@attack(Reason.PART_RENAMED)
def part_renamed(draw: Draw, people: People) -> Case:
    def change(parts: list[SealedPart]) -> list[SealedPart]:
        i = index(draw, parts)
        parts[i] = SealedPart("parts/other", parts[i].sha256, parts[i].size)
        return parts

    return with_parts(draw, people, change)


@attack(Reason.PART_REORDERED)
def parts_reordered(draw: Draw, people: People) -> Case:
    def change(parts: list[SealedPart]) -> list[SealedPart]:
        i = index(draw, parts)
        j = draw(st.integers(0, len(parts) - 1).filter(lambda n: n != i))
        parts[i], parts[j] = parts[j], parts[i]
        return parts

    return with_parts(draw, people, change)


@attack(Reason.PART_DOUBLED)
def part_doubled(draw: Draw, people: People) -> Case:
    def change(parts: list[SealedPart]) -> list[SealedPart]:
        parts.insert(index(draw, parts), parts[index(draw, parts)])
        return parts

    return with_parts(draw, people, change)


@attack(Reason.PART_DOUBLED)
def reference_doubled(draw: Draw, people: People) -> Case:
    def change(root: etree._Element) -> None:
        outer = references(root)[:-2]
        i = index(draw, outer)
        twin = tree(text(outer[i]))
        twin.set("Id", "Twin")
        outer[i].addnext(twin)
        about = root.findall(f".//{{{XADES}}}DataObjectFormat")[i]
        described = tree(text(about))
        described.set("ObjectReference", "#Twin")
        about.addnext(described)

    return forged(draw, people, change)


@attack(Reason.ANOTHER_LETTER)
def seal_of_another_letter(draw: Draw, people: People) -> Case:
    _, signed = sealed(draw, people)
    other = letter([b"other " + draw(st.binary(max_size=20))], about=b"B")
    return Case(signed, other.parts, people.trust())


@attack(Reason.PART_TYPE_DIFFERS)
def part_shown_under_another_type(draw: Draw, people: People) -> Case:
    def change(parts: list[SealedPart]) -> list[SealedPart]:
        i = index(draw, parts)
        parts[i] = SealedPart(parts[i].name, parts[i].sha256, parts[i].size, "text/html")
        return parts

    return with_parts(draw, people, change)
