"""
What was dropped into out/, sorted into bundles: the files that make one letter.

    x.edxml, x.xml, x.asice      a message as it is
    x.pdf (x.docx …) and x.txt   a document and its information file, by their common name
    a folder                     any number of files and one information file
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from adapters.folder import disk
from adapters.folder.disk import Entry
from adapters.folder.layout import TEMPLATE_NAME, is_note_of_ours, is_passing, same
from gateway.core.catalogue import FILES_MIXED, SIDECAR_MISSING
from gateway.core.errors import Rejected, find
from gateway.core.file_names import safe_name, split_name

MESSAGES = frozenset({".edxml", ".xml", ".asice"})
SIDECARS = frozenset({".txt", ".json"})
LONGEST_SHORT = 150  # bytes; date, time and the longest ending of a note fit behind it
_BY_RIGHT = (TEMPLATE_NAME, "thong-tin.txt", "thong-tin.json")
"""What the information file in a folder may be called whatever other .txt files lie there."""


@dataclass(slots=True)
class Bundle:
    """Files that belong together. `name` is what its clerk calls it, `folder` what they lie in, if any."""

    name: str
    files: list[Entry] = field(default_factory=list)
    folder: Entry | None = None

    @property
    def key(self) -> str:
        return same(self.name)

    @property
    def short(self) -> str:
        """Its name for what the node writes about it: a name as long as names can be leaves no room."""
        return safe_name(self.name, "van-ban", LONGEST_SHORT)

    @property
    def mark(self) -> tuple[object, ...]:
        """What changes while somebody is still writing it."""
        lying_in = (self.folder.name,) if self.folder else ()
        return (*lying_in, *(file.mark for file in self.files))

    @property
    def moved(self) -> list[Entry]:
        """What has to be moved away when it was sent."""
        return [self.folder] if self.folder else self.files


@dataclass(frozen=True, slots=True)
class Sorted:
    """A bundle that makes a letter: a message as it is, or documents with their information file."""

    message: Path | None = None
    sidecar: Path | None = None
    documents: tuple[Entry, ...] = ()


def bundles_in(out: Path, not_of: Iterable[str]) -> tuple[list[Bundle], list[Path]]:
    """The bundles in out/ but for entries `not_of` them, and the notes that the node wrote beside them."""
    left_out, notes, plain_files = frozenset(not_of), [], []
    found: dict[str, Bundle] = {}
    for entry in disk.listed(out):
        if is_note_of_ours(entry.name):
            notes.append(entry.path)
        elif is_passing(entry.name) or entry.name in left_out:
            continue
        elif entry.is_folder:
            bundle = found.setdefault(same(entry.name), Bundle(entry.name))
            bundle.folder = entry
            bundle.files = [file for file in disk.listed(entry.path) if not is_passing(file.name)]
        else:
            plain_files.append(entry)
    whole = {same(file.name): split_name(file.name)[0] for file in plain_files}
    for file in plain_files:
        stem, ending = split_name(file.name)
        if ending.casefold() in SIDECARS:  # x.pdf.txt, since Windows hides the endings that it knows
            stem = whole.get(same(stem), stem)
        bundle = found.setdefault(same(stem), Bundle(stem))
        bundle.files.append(file)
    return list(found.values()), notes


def sort(bundle: Bundle) -> Sorted:
    """
    Which file of a bundle is what.

    Raises: Rejected (SIDECAR_MISSING, FILES_MIXED) if it makes no letter
    """
    if bundle.folder is not None and any(file.path.parent != bundle.folder.path for file in bundle.files):
        raise _mixed(bundle, "có cả thư mục và tệp cùng tên · a folder and files have the same name")
    if any(file.is_folder for file in bundle.files):
        raise _mixed(bundle, "trong thư mục còn có thư mục con · there is a folder inside the folder")
    messages = [file for file in bundle.files if _ending(file) in MESSAGES]
    if len(bundle.files) == 1 and messages:
        return Sorted(message=messages[0].path)
    if messages and (bundle.folder is None or not _sidecars(bundle)):
        raise _mixed(bundle, "gói tin edXML phải đứng riêng · an edXML message must stand alone")
    sidecars = _sidecars(bundle)
    documents = tuple(file for file in bundle.files if file not in sidecars)
    if len(sidecars) > 1:
        raise _mixed(bundle, "có nhiều tệp thông tin · there is more than one information file")
    if not documents:
        raise _mixed(bundle, "chưa có văn bản nào bên cạnh · no document is there beside it")
    if not sidecars:
        raise Rejected(find(SIDECAR_MISSING, name=bundle.name))
    return Sorted(sidecar=sidecars[0].path, documents=tuple(sorted(documents, key=_order)))


def _sidecars(bundle: Bundle) -> list[Entry]:
    texts = [file for file in bundle.files if _ending(file) in SIDECARS]
    if bundle.folder is None:
        return texts
    by_right = [text for text in texts if same(text.name) in {same(name) for name in _BY_RIGHT}]
    own = [text for text in texts if same(split_name(text.name)[0]) == bundle.key]
    return by_right or own or texts


def _ending(file: Entry) -> str:
    return split_name(file.name)[1].casefold()


def _order(file: Entry) -> tuple[bool, str]:
    """PDF first: the document itself before what is attached to it."""
    return (_ending(file) != ".pdf", same(file.name))


def _mixed(bundle: Bundle, detail: str) -> Rejected:
    return Rejected(find(FILES_MIXED, name=bundle.name, detail=detail))
