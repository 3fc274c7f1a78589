"""
`make sbom`: the bill of materials names exactly what is installed to run a node.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.kit.source_tree import ROOT


def test_bill_of_materials_names_what_is_locked(tmp_path: Path) -> None:
    recipe = re.search(r"^sbom: setup\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert recipe is not None
    words = recipe[1].replace("\\\n", " ").split()
    file = tmp_path / "sbom.json"
    command = [str(Path(sys.executable).parent / "cyclonedx-py"), *words[1:]]
    at = command.index("--output-file") + 1
    command[at : at + 2] = [str(file)]  # $(or $(SBOM),sbom.json) is two words
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    bill = json.loads(file.read_text("utf-8"))
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["name"] == "truc"
    locked = re.findall(r"^([a-z0-9.-]+)==([^ ;\\]+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert {(each["name"], each["version"]) for each in bill["components"]} == set(locked)
    for each in bill["components"]:
        (reference,) = each["externalReferences"]
        assert all(digest["alg"] == "SHA-256" for digest in reference["hashes"])
        assert reference["hashes"]
