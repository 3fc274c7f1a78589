"""
A running axis for those who want to try it by hand: two agencies at its two ends, as variables of a shell.

The file holds keys, so only its owner may read it, and it goes away with the axis that they belong to.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from gateway.sandbox.axis import AgencyDesk

HEADING = (
    "# Hai đơn vị ở hai đầu trục thử đang chạy · two agencies at the two ends of the axis that runs now.\n"
    "# Tệp này mất khi trục dừng · this file goes away when the axis stops.\n"
)


def shell_variables(sender: AgencyDesk, receiver: AgencyDesk) -> Mapping[str, str]:
    """SENDER_… and RECEIVER_… for programs; TRUC_URL and TRUC_KEY, by which `truc` is the sender."""
    told = {"TRUC_URL": sender.url, "TRUC_KEY": sender.key}
    for who, desk in (("SENDER", sender), ("RECEIVER", receiver)):
        told |= {
            f"{who}_CODE": desk.agency,
            f"{who}_URL": desk.url,
            f"{who}_KEY": desk.key,
            f"{who}_VXP_URL": desk.vxp_url,
            f"{who}_SYSTEM_ID": desk.system_id,
            f"{who}_SECRET": desk.secret,
        }
    return told


def as_shell(variables: Mapping[str, str]) -> str:
    """The variables as lines that a POSIX shell reads with `.`"""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())


@contextmanager
def written_while_up(path: Path, variables: Mapping[str, str]) -> Iterator[str]:
    """
    The variables in the file `path`, whole from the first moment, for its owner only; gone afterwards.

    A file that another axis has written there meanwhile stays. Raises: OSError of the file.
    """
    text = HEADING + as_shell(variables)
    partial = path.with_name(f".{path.name}.part")
    partial.unlink(missing_ok=True)
    with os.fdopen(
        os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
    ) as file:
        file.write(text)
    partial.replace(path)
    try:
        yield text
    finally:
        with suppress(FileNotFoundError):
            if path.read_text("utf-8") == text:
                path.unlink()
