"""`conjoint policy`: what do payers, states and the practice ask for, and may a folder of tables be put in force?"""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final, NoReturn

import click
import orjson

from connectors import policy_changes
from connectors.dead_letters import BrokerAway
from infra.asking import endpoints_here
from infra.desk.recorded import do_recorded
from infra.refusal import Refusal
from infra.settings import load_settings
from infra.terminal import visible
from schemas.audit import Action, content_hash
from schemas.reasons import Poison
from schemas.record import MAX_TEXT_LENGTH
from streams.policy import PolicyBook, policy_of
from streams.policy.cms import NotACmsFile, code_pairs, read_limits, read_pairs, unit_limits
from streams.policy.icd10cm import newest_edition
from streams.policy.rows import Row
from streams.policy.table_files import merged_file, write_table
from streams.policy.tables import Tables, WrongTables, document_of, read_folder

HOME: Final = click.option("--home", type=click.Path(), help="Folder that holds all state (default ./var).")
FOLDER: Final = click.option(
    "--folder", type=click.Path(path_type=Path), help="The tables (default: the practice's in CONJOINT_POLICY_FOLDER)."
)
DAY: Final = click.DateTime(["%Y-%m-%d"])


@click.group("policy", epilog="Example: conjoint policy check PR-1")
def command() -> None:
    """Tables of payers, plans, code pairs, limits and consents, each row with its dates, source and mark."""


@command.command("check", epilog="Example: conjoint policy check PR-1 --folder policies/PR-1")
@click.argument("practice")
@FOLDER
def check(practice: str, folder: Path | None) -> None:
    """Say what is wrong with a practice's tables: every wrong row with its file and line. Changes nothing."""
    tables = _read(practice, folder)
    _document(tables)
    rows = sum(len(rows) for rows in tables.values())
    click.echo(f"{rows} row{'s' if rows != 1 else ''} in {len(tables)} table{'s' if len(tables) != 1 else ''}: sound")
    _say_unverified(tables)
    _say_edition(datetime.now(UTC).date())


@command.command("load", epilog="Example: conjoint policy load PR-1")
@click.argument("practice")
@FOLDER
@click.option("--none", "nothing", is_flag=True, help="Take back what was loaded before; the defaults hold again.")
@HOME
def load(practice: str, folder: Path | None, nothing: bool, home: str | None) -> None:
    """Put a practice's tables in force at once; whatever rests on them is decided anew.

    Nothing is sent if a row is wrong. A later load takes the place of an earlier one. It goes into the audit trail.
    """
    document = None if nothing else _document(_read(practice, folder))
    endpoints = endpoints_here(home)
    bootstrap = endpoints.bootstrap
    try:
        do_recorded(
            endpoints.desk_app_dsn,
            practice,
            Action.POLICY_CHANGED,
            ("policy", policy_changes.POLICY_ID),
            lambda: policy_changes.publish(bootstrap, practice, document, datetime.now(UTC)),
            reason="the practice's own tables were taken back" if nothing else "tables put in force",
            after_sha256=None if document is None else content_hash(document),
        )
    except BrokerAway as away:
        raise Refusal(f"Kafka does not answer at {bootstrap} ({away}); start Conjoint with: conjoint up") from None
    click.echo(f"{visible(practice)}: {'its own tables are taken back' if nothing else 'the tables are in force'}")


@command.command("show", epilog="Example: conjoint policy show PR-1 --on 2026-04-15 --payer PAY-MCR")
@click.argument("practice", required=False)
@click.option("--on", type=DAY, help="The date of service (default: today).")
@click.option("--payer", help="Only this payer.")
@FOLDER
def show(practice: str | None, on: datetime | None, payer: str | None, folder: Path | None) -> None:
    """Print as JSON what holds on a day: the defaults, with a practice's tables over them if one is named."""
    tables = {} if practice is None and folder is None else _read(practice or "", folder)
    day = datetime.now(UTC).date() if on is None else on.date()
    policy = _policy(_document(tables)).on(day)
    said: dict[str, Any] = policy.model_dump(mode="json", by_alias=True)
    if payer is not None:
        if payer not in policy.payers:
            raise Refusal(f"no row describes payer {visible(payer)} on {day}; it is held to the defaults of a payer")
        said = {"payer": payer, **said["payers"][payer], "plans": said["plans"].get(payer, {})}
    click.echo(orjson.dumps(said, option=orjson.OPT_INDENT_2))
    _say_edition(day)


@command.command("load-ncci", epilog="Example: conjoint policy load-ncci ccipra-v323r0-f1.txt --into policies/PR-1")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--into", required=True, type=click.Path(path_type=Path), help="The practice's folder of tables.")
@click.option("--all-codes", is_flag=True, help="Also pairs of codes the rules know nothing of.")
def load_ncci(file: Path, into: Path, all_codes: bool) -> None:
    """Take a CMS file of NCCI code pairs (practitioner PTP edits, as text or CSV) into code_pairs.csv.

    Rows of the same pair are replaced, others stay. Put them in force with `conjoint policy load`.
    """
    source = f"CMS NCCI practitioner PTP edits, {file.name}"
    try:
        _take_in(into, code_pairs(read_pairs(file), source, every_code=all_codes))
    except NotACmsFile as error:
        _not_cms(error)


@command.command("load-mue", epilog="Example: conjoint policy load-mue MUE.csv --from 2026-10-01 --into policies/PR-1")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--from", "from_", required=True, type=DAY, help="First day of the file's quarter.")
@click.option("--to", type=DAY, help="Last day, if it is known.")
@click.option("--into", required=True, type=click.Path(path_type=Path), help="The practice's folder of tables.")
@click.option("--all-codes", is_flag=True, help="Also codes the rules know nothing of.")
def load_mue(file: Path, from_: datetime, to: datetime | None, into: Path, all_codes: bool) -> None:
    """Take a CMS file of medically unlikely edits (practitioner, as text or CSV) into unit_limits.csv."""
    source = f"CMS practitioner MUE, {file.name}"
    last = None if to is None else to.date()
    try:
        _take_in(into, unit_limits(read_limits(file), source, from_.date(), last, every_code=all_codes))
    except NotACmsFile as error:
        _not_cms(error)


def _take_in(folder: Path, rows: tuple[Row, ...]) -> None:
    if not rows:
        raise Refusal("the file tells nothing of the codes the rules know; --all-codes takes in the others too")
    table = rows[0].TABLE
    path = folder / f"{table}.csv"
    try:
        kept = merged_file(path, rows)
    except WrongTables as error:
        raise Refusal(*error.problems) from None
    write_table(path, kept)
    click.echo(f"{len(rows)} rows taken into {path}; check and load the practice's tables to put them in force")


def _not_cms(error: NotACmsFile) -> NoReturn:
    raise Refusal(str(error), exit_code=2) from None


def _read(practice: str, folder: Path | None) -> Tables:
    if folder is None:
        parent = load_settings().policy_folder
        if parent is None:
            raise Refusal("name the tables with --folder, or set CONJOINT_POLICY_FOLDER", exit_code=2)
        folder = parent / practice
    try:
        return read_folder(folder)
    except WrongTables as error:
        raise Refusal(*error.problems) from None


def _document(tables: Tables) -> str:
    document = orjson.dumps({"tables": document_of(tables)}).decode()
    if len(document) > MAX_TEXT_LENGTH:
        raise Refusal(f"the tables are too long ({len(document)} characters of {MAX_TEXT_LENGTH}); leave codes out")
    _policy(document)
    return document


def _policy(document: str) -> PolicyBook:
    try:
        return policy_of(document)
    except Poison as poison:
        raise Refusal(f"settings.csv: {poison.where or poison}: not a value for it") from None


def _say_unverified(tables: Tables) -> None:
    unverified = sum(row.mark == "unverified" for rows in tables.values() for row in rows)
    if unverified:
        click.echo(f"{unverified} of them marked unverified: check them against the payer's own words", err=True)


def _say_edition(day: date) -> None:
    edition, last_day = newest_edition()
    if day > last_day:
        click.echo(
            f"warning: {day} is past the newest ICD-10-CM edition here ({edition}, to {last_day}); codes it does not "
            "know stay undecided. Update the package simple-icd-10-cm.",
            err=True,
        )
