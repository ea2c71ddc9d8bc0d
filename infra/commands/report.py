"""`conjoint report compliance`: what would an auditor be told about a period, as of a moment?"""

import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from connectors.claims.answers import read_answers_file
from connectors.claims.x12 import NotX12
from dashboards.compliance.document import report_pdf
from dashboards.compliance.page import report_html
from dashboards.compliance.tables import as_zip, write_folder
from infra.asking import asking, endpoints_here
from infra.clock import practice_time
from infra.compliance import not_collecting, platform_report, practices
from infra.refusal import Refusal
from schemas.compliance import Report
from streams.compliance.from_changes import ledger_at, recorded_since, was_played
from streams.compliance.records import Period, RemittanceRow
from streams.compliance.report import compliance_report
from streams.replay import NotAChangesFile, read_changes_file, read_instant


def _moment(_: click.Context, __: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        return read_instant(value, "--as-of")
    except NotAChangesFile as error:
        raise click.BadParameter(f"{error}; for example 2026-04-30T18:00:00-05:00") from None


def _day(_: click.Context, parameter: click.Parameter, value: str) -> date:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter("not a day; for example 2026-04-30") from None
    if not 1900 <= day.year <= 2200:
        raise click.BadParameter("a day between 1900 and 2200, please")
    return day


@click.group("report", invoke_without_command=False)
def command() -> None:
    """Reports for people outside the practice. Example: conjoint report compliance --help"""


@command.command(
    "compliance",
    epilog="Example: conjoint report compliance --from 2026-01-01 --to 2026-03-31 --format pdf --out q1.pdf",
)
@click.option("--practice", help="Id of the practice (may be left out where there is only one).")
@click.option("--from", "first_on", required=True, callback=_day, metavar="DAY", help="First day of the period.")
@click.option("--to", "last_on", required=True, callback=_day, metavar="DAY", help="Last day of the period, included.")
@click.option("--as-of", callback=_moment, metavar="INSTANT", help="Only what was recorded by then (default: now).")
@click.option("--format", "form", type=click.Choice(["html", "pdf", "csv"]), default="html", show_default=True)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="File to write; of csv a .zip file or a folder. Without it, to standard output (csv as a zip).",
)
@click.option("--file", "changes", type=click.Path(path_type=Path), help="A file of changes instead of a platform.")
@click.option(
    "--remittance",
    "remittances",
    multiple=True,
    type=click.Path(path_type=Path),
    help="With --file: an 835 that came by then. May be given several times.",
)
@click.option("--home", type=click.Path(), help="Folder that holds all state (default ./var).")
def compliance(
    practice: str | None,
    first_on: date,
    last_on: date,
    as_of: datetime | None,
    form: str,
    out: Path | None,
    changes: Path | None,
    remittances: tuple[Path, ...],
    home: str | None,
) -> None:
    """The compliance pack of a practice for a period, as of a moment: HTML, PDF or CSV.

    With --file it needs no platform: FILE is as for `conjoint replay`. Nothing recorded after --as-of is in it.
    """
    if first_on > last_on:
        raise click.UsageError("--from is after --to.")
    if remittances and changes is None:
        raise click.UsageError("--remittance goes with --file; on a platform `conjoint claims ack` reads 835s in.")
    if out is None and form != "html" and sys.stdout.isatty():
        raise click.UsageError(f"--format {form} is not for a terminal; name a file with --out.")
    report = (
        _of_platform(practice, first_on, last_on, as_of, home)
        if changes is None
        else _of_file(changes, practice, first_on, last_on, as_of, remittances)
    )
    try:
        with not_collecting():
            _write(report, form, out)
    except OSError as error:
        raise Refusal(f"{out} cannot be written ({error.strerror}); name another file with --out") from None


def _of_file(
    path: Path,
    practice: str | None,
    first_on: date,
    last_on: date,
    as_of: datetime | None,
    remittances: tuple[Path, ...],
) -> Report:
    try:
        file = read_changes_file(path)
        moment = as_of or file.now or max((change.at for change in file.changes), default=None)
        if moment is None:
            raise NotAChangesFile("no changes in it")
        ledger = ledger_at(file, moment)
    except NotAChangesFile as error:
        raise Refusal(f"{path}: {error}; see `conjoint replay --help` for the form", exit_code=2) from None
    if practice not in (None, ledger.practice.practice_id):
        raise Refusal(f"the file is about practice {ledger.practice.practice_id}, not {practice}; name that one")
    period = Period(first_on, last_on, moment, ZoneInfo(ledger.practice.timezone or "UTC"))
    if remittances:
        ledger = replace(ledger, remittances=_remitted(remittances, period))
    known = sum(1 for change in file.changes if change.at <= moment)
    played = "" if was_played(file) else "; decided once, so findings that came and went before are not in it"
    return compliance_report(ledger, period, f"a file of {known:,} changes{played}", recorded_since(file))


def _remitted(paths: tuple[Path, ...], period: Period) -> list[RemittanceRow]:
    """Of each claim what the last of the files says, dated by the day of the report at the latest."""
    last: dict[str, RemittanceRow] = {}
    for path in paths:
        try:
            answers = read_answers_file(path)
        except NotX12 as error:
            raise Refusal(f"{path}: {error}; an 835 file is wanted", exit_code=2) from None
        for answer in answers.about_claims:
            if answer.kind == "835" and (answer.on is None or answer.on <= period.today):
                last[answer.control_number] = RemittanceRow.of(answer.control_number, answer)
    return list(last.values())


def _of_platform(
    practice: str | None, first_on: date, last_on: date, as_of: datetime | None, home: str | None
) -> Report:
    endpoints = endpoints_here(home)
    moment = as_of or practice_time(endpoints.settings.home, datetime.now(UTC))
    with asking(endpoints) as ask:
        if practice is None:
            known = practices(ask)
            if len(known) != 1:
                raise Refusal(
                    f"name a practice with --practice: {', '.join(known) or 'none is known yet'}", exit_code=2
                )
            [practice] = known
        return platform_report(ask, practice, first_on, last_on, moment, endpoints.desk_app_dsn)


def _write(report: Report, form: str, out: Path | None) -> None:
    if form == "csv" and out is not None and out.suffix != ".zip":
        write_folder(report, out)
        return
    body = {
        "html": lambda: report_html(report).encode(),
        "pdf": lambda: report_pdf(report),
        "csv": lambda: as_zip(report),
    }[form]()
    if out is None:
        click.echo(body, nl=False)
        return
    out.write_bytes(body)
