"""
docs/connect.md as its reader uses it: the demo in one process, and every example against it.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.webhook import signature
from gateway.client import TrucClientSync
from gateway.vxp.answers import AnswerCode
from tests.kit.command import truc
from tests.kit.source_tree import ROOT

PAGE = ROOT / "docs" / "connect.md"
EXAMPLES = ROOT / "docs" / "examples"
LANGUAGES = {".sh": "sh", ".mjs": "js", ".java": "java", ".php": "php", ".cs": "csharp", ".py": "python"}
# What runs a file, and what must be there for it; a Java without its compiler cannot run a source file.
RUN_BY = {".mjs": ("node",), ".php": ("php",), ".java": ("java", "javac"), ".py": ()}
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
PATIENCE = 60  # seconds for one example; each takes one or two


@dataclass(frozen=True, slots=True)
class Demo:
    """`make demo` that stays up: the folder it was started in, and the variables it wrote there."""

    folder: Path
    variables: Mapping[str, str]

    def as_typed(self, lines: str) -> str:
        """What a shell in that folder says to these lines, one by one; the first that fails ends it."""
        ran = subprocess.run(
            ["bash", "-e"], input=lines, cwd=self.folder, capture_output=True, text=True, timeout=PATIENCE
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    def letter(self, file: Path) -> Path:
        """A new letter from one end to the other, written into `file`."""
        sender, receiver = self.variables["SENDER_CODE"], self.variables["RECEIVER_CODE"]
        assert truc("letter", "--from", sender, "--to", receiver, "-o", file).code == 0
        return file

    def office(self, who: str) -> TrucClientSync:
        return TrucClientSync(self.variables[f"{who}_URL"], self.variables[f"{who}_KEY"])

    def stage_in_the_end(self, letter_id: str) -> str:
        """Where its one recipient's copy is for the sender, once it moves no more."""
        with self.office("SENDER") as office:
            for _ in range(PATIENCE):
                (line,) = office.track(letter_id).recipients
                if line.stage.code.is_final:
                    break
                time.sleep(1)
        return line.stage.code.value

    def arrived(self, letter_id: str) -> bytes:
        """A letter at the receiver, once it is there."""
        with self.office("RECEIVER") as receiver:
            while letter_id not in [line.letter_id for line in receiver.inbox(wait=30).items]:
                pass
            content = receiver.read(letter_id)
            receiver.ack(letter_id)
        return content


def started(folder: Path) -> subprocess.Popen[str]:
    """The demo in `folder`, once it says that it can be tried by hand."""
    (folder / ".venv").symlink_to(sys.prefix)
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway.cli", "sandbox", "--count", "1"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if "docs/connect.md" in line:
            return process
    raise AssertionError(said)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo; when it is asked to stop, it takes the file with its keys away."""
    folder = tmp_path_factory.mktemp("demo")
    process, file = started(folder), folder / "demo.env"
    lines = file.read_text("utf-8").splitlines()
    told = (shlex.split(line)[1].split("=", 1) for line in lines if line.startswith("export "))
    yield Demo(folder, dict(told))
    process.terminate()
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert not file.exists()


def needed(*programs: str) -> None:
    """Skip the test where a program is missing, and say which."""
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not on this machine")


def command(example: Path) -> list[str]:
    """How an example is started."""
    programs = RUN_BY[example.suffix]
    needed(*programs)
    return [programs[0] if programs else sys.executable, str(example)]


def examples(*patterns: str) -> list[str]:
    found = [path for pattern in patterns for path in EXAMPLES.glob(pattern)]
    return sorted(str(path.relative_to(EXAMPLES)) for path in found if path.suffix in RUN_BY)


# --- the page and its files -------------------------------------------------------------------------


def quotes() -> list[tuple[str, str, str]]:
    """File, language and text of every quotation in the page."""
    marked = re.compile(r"^<!-- examples/(\S+) -->\n```(\w+)\n(.*?)\n```$", re.DOTALL | re.MULTILINE)
    return [(m[1], m[2], m[3]) for m in marked.finditer(PAGE.read_text("utf-8"))]


@pytest.mark.parametrize(
    ("name", "language", "text"), quotes(), ids=lambda value: value.partition("\n")[0][:40]
)
def test_what_the_page_quotes_is_what_runs(name: str, language: str, text: str) -> None:
    file = EXAMPLES / name
    assert language == LANGUAGES[file.suffix]
    source = file.read_text("utf-8")
    assert text in source
    if file.suffix == ".sh":
        assert text + "\n" == source


def test_every_example_is_in_the_page() -> None:
    page = PAGE.read_text("utf-8")
    files = [str(path.relative_to(EXAMPLES)) for path in EXAMPLES.rglob("*") if path.is_file()]
    assert [name for name in files if f"examples/{name}" not in page and "__pycache__" not in name] == []


def test_every_error_code_of_vxp_is_explained() -> None:
    rows = dict(re.findall(r"^\| (\d+) \| ([\w ]+) \|", PAGE.read_text("utf-8"), re.MULTILINE))
    assert {code.value: code.text for code in AnswerCode} == rows


# --- the page against the demo ----------------------------------------------------------------------


def test_curl_lines_send_a_letter_and_read_it_at_the_other_side(demo: Demo) -> None:
    needed("curl")
    said = demo.as_typed((EXAMPLES / "curl" / "connect.sh").read_text("utf-8"))
    sent = (demo.folder / "letter.edxml").read_bytes()
    assert sent.startswith(b"<?xml")
    assert (demo.folder / "received.edxml").read_bytes() == sent
    assert "byte for byte" in said
    shown = json.loads(said.splitlines()[-1])
    assert [line["code"] for line in shown["recipients"]] == [demo.variables["RECEIVER_CODE"]]
    # The word of each hop travels apart from the statuses, and may come to the sender a moment after them.
    assert demo.stage_in_the_end(shown["letter_id"]) == "delivered"


def test_a_form_would_be_taken(demo: Demo) -> None:
    needed("curl")
    said = demo.as_typed((EXAMPLES / "curl" / "compose.sh").read_text("utf-8"))
    assert '"code":""' in said
    assert "TRUC-" not in said


def test_upload_in_pieces_arrives_byte_for_byte(demo: Demo) -> None:
    needed("curl")
    said = demo.as_typed((EXAMPLES / "curl" / "upload.sh").read_text("utf-8"))
    found = re.search(r'"letter_id":"([^"]+)"', said)
    assert found is not None
    assert demo.arrived(found[1]) == (demo.folder / "large.edxml").read_bytes()


def test_what_was_acknowledged_is_listed_again(demo: Demo) -> None:
    needed("curl")
    with demo.office("SENDER") as sender:
        letter_id = sender.send(demo.letter(demo.folder / "again.edxml")).letter_id
    demo.arrived(letter_id)
    said = demo.as_typed((EXAMPLES / "curl" / "restore.sh").read_text("utf-8"))
    assert letter_id in said
    assert '"offered_again":0' not in said
    demo.arrived(letter_id)


@pytest.mark.parametrize("name", examples("*/truc*", "*/TrucExample*", "*/vxp*", "*/VxpExample*"))
def test_example_sends_a_letter_and_reads_it_at_the_other_side(name: str, demo: Demo, tmp_path: Path) -> None:
    line = command(EXAMPLES / name)
    demo.letter(tmp_path / "letter.edxml")
    ran = subprocess.run(
        [*line, "letter.edxml"],
        cwd=tmp_path,
        env={**_own(), **demo.variables},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert (tmp_path / "received.edxml").read_bytes() == (tmp_path / "letter.edxml").read_bytes()


@pytest.mark.parametrize("name", examples("*/webhook*", "*/WebhookSignature*"))
def test_example_tells_a_genuine_webhook_from_a_forged_one(name: str) -> None:
    line, body = command(EXAMPLES / name), '{"type": "ping", "note": "thử"}'.encode()
    now = str(int(time.time()))
    right = signature(SECRET, b"ntc_1." + now.encode() + b"." + body)
    old = signature(SECRET, b"ntc_1.1000000000." + body)

    def judged(timestamp: str, signatures: str, content: bytes) -> int:
        return subprocess.run(
            [*line, "ntc_1", timestamp, signatures],
            input=content,
            env={**_own(), "WEBHOOK_SECRET": SECRET},
            capture_output=True,
            timeout=PATIENCE,
        ).returncode

    assert judged(now, f"v1,AAAA {right}", body) == 0
    assert judged(now, right, body + b" ") == 1
    assert judged("1000000000", old, body) == 1


def _own() -> dict[str, str]:
    """The environment of a program that is started for a test: nothing of ours is in it."""
    return {"PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
