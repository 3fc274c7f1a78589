"""
Which commands there are.
"""

from __future__ import annotations

from typing import Annotated

import typer

from gateway import __version__
from gateway.cli import (
    agency,
    broker,
    capacity,
    check,
    console,
    diary,
    directory,
    directory_change,
    directory_edition,
    docs,
    doctor,
    journal,
    key,
    letter,
    mail,
    move,
    notice,
    operate,
    sandbox,
    seal,
    sending,
    serve,
    stats,
    terms,
    tracking,
    uplink,
    verify,
)
from gateway.cli.screen import EXIT_CODES

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they show values of variables, and those may be somebody's letter
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog=EXIT_CODES,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"truc {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=False)
def truc(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Phiên bản · Version")
    ] = False,
) -> None:
    """Trục: cổng gửi nhận văn bản điện tử bốn cấp · the gateway of the four-level e-document axis."""


for command in (
    check.check,
    letter.letter,
    sending.send,
    mail.inbox,
    mail.fetch,
    mail.report,
    tracking.track,
    stats.stats,
    diary.diary,
):
    app.command(epilog=EXIT_CODES)(command)
app.command(epilog=EXIT_CODES)(seal.seal)
app.command(epilog=verify.VERDICTS)(verify.verify)
for of_agency in (terms.terms, terms.way, terms.replay, move.move):
    agency.app.command(epilog=EXIT_CODES)(of_agency)
app.add_typer(agency.app, name="agency")
app.add_typer(key.app, name="key")
app.add_typer(console.app, name="console")
app.add_typer(journal.app, name="journal")
directory.app.command("import", epilog=EXIT_CODES)(directory_change.import_files)
for of_directory in (
    *(directory_change.apply, directory_change.pending, directory_change.cancel),
    *(directory_edition.publish, directory_edition.editions),
):
    directory.app.command(epilog=EXIT_CODES)(of_directory)
app.add_typer(directory.app, name="directory")
app.add_typer(uplink.app, name="uplink")
app.add_typer(notice.app, name="notice")
app.command(epilog=EXIT_CODES)(operate.migrate)
app.add_typer(operate.config, name="config")
app.add_typer(broker.app, name="broker")
app.command(epilog=EXIT_CODES)(serve.serve)
app.command(epilog=EXIT_CODES)(doctor.doctor)
app.command(epilog=EXIT_CODES)(sandbox.sandbox)
app.command(epilog=EXIT_CODES)(capacity.capacity)
app.command(hidden=True)(docs.docs)
