"""`conjoint consents`: which forms are needed, where do they stand; print them, and note what became of them."""

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click
import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dashboards.forms.document import form_pdf
from dashboards.forms.filling import fill
from dashboards.forms.page import form_html
from infra.asking import asking, endpoints_here
from infra.clock import practice_time
from infra.compliance import practices
from infra.consent_forms import DeskMarks, Marks, MarksFile, Register, chosen, register_of_file, register_of_platform
from infra.refusal import Refusal
from infra.terminal import visible
from streams.consents.tracking import OUTSTANDING, FormState, Mark, MarkWord, Tracked
from streams.replay import NotAChangesFile, read_changes_file, read_instant

STATES = [state.value for state in FormState]
F = TypeVar("F", bound=Callable[..., Any])


def _moment(_: click.Context, __: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        return read_instant(value, "--now")
    except NotAChangesFile as error:
        raise click.BadParameter(f"{error}; for example 2026-04-16T19:00:00-05:00") from None


@dataclass(frozen=True)
class Source:
    """Where the register comes from and where marks go."""

    file: Path | None
    tracking: Path | None
    practice: str | None
    home: str | None
    now: datetime | None

    @contextmanager
    def opened(self) -> Iterator[tuple[Register, Marks]]:
        """The register, and where its marks are kept. Raises Refusal."""
        if self.file is not None:
            yield self._of_file(self.file)
            return
        endpoints = endpoints_here(self.home)
        marks = DeskMarks(endpoints.desk_app_dsn)
        now = self.now or practice_time(endpoints.settings.home, datetime.now(UTC))
        with asking(endpoints) as ask:
            practice = self.practice
            if practice is None:
                known = practices(ask)
                if len(known) != 1:
                    raise Refusal(
                        f"name a practice with --practice: {', '.join(known) or 'none is known'}", exit_code=2
                    )
                [practice] = known
            register = register_of_platform(ask, marks, practice, now)
        yield register, marks

    def _of_file(self, path: Path) -> tuple[Register, Marks]:
        marks = MarksFile(self.tracking)
        try:
            file = read_changes_file(path)
            now = self.now or file.now or max((change.at for change in file.changes), default=None)
            if now is None:
                raise NotAChangesFile("no changes in it")
            return register_of_file(file, marks, now), marks
        except NotAChangesFile as error:
            raise Refusal(f"{path}: {error}; see `conjoint replay --help` for the form", exit_code=2) from None


def _from(command: F) -> F:
    options = (
        click.option("--file", type=click.Path(path_type=Path), help="A file of changes instead of a platform."),
        click.option(
            "--tracking", type=click.Path(path_type=Path), help="With --file: JSON lines that keep the marks."
        ),
        click.option("--practice", help="Id of the practice (may be left out where there is only one)."),
        click.option("--now", callback=_moment, help="The moment of evaluation (default: now, or the file's own)."),
        click.option("--home", type=click.Path(), help="Folder that holds all state (default ./var)."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group("consents")
def command() -> None:
    """Consent forms: needed, sent, seen, signed, declined, revoked, to be renewed. Example: conjoint consents list

    Nothing is sent to anybody by itself: a person prints or sends a form, and says so with `mark`.
    """


@command.command("list", epilog="Example: conjoint consents list --json --state needed --state 'renewal due'")
@_from
@click.option("--client", help="Only this client.")
@click.option("--unit", help="Only this group, family or couple.")
@click.option("--state", "states", multiple=True, type=click.Choice(STATES), help="(repeatable)")
@click.option("--json", "as_json", is_flag=True, help="One JSON line a form.")
def list_(
    file: Path | None,
    tracking: Path | None,
    practice: str | None,
    now: datetime | None,
    home: str | None,
    client: str | None,
    unit: str | None,
    states: tuple[str, ...],
    as_json: bool,
) -> None:
    """Every form somebody needs and where it stands, the most urgent first."""
    with Source(file, tracking, practice, home, now).opened() as (register, _):
        forms = chosen(register.forms, needs=(), client=client, unit=unit, states=states)
    if as_json:
        for form in forms:
            click.echo(orjson.dumps(_line(form)))
        return
    _print(forms)


def _line(form: Tracked) -> dict[str, Any]:
    need = form.need
    signers = zip(need.signer_ids, need.signer_roles, strict=True)
    return {
        "id": need.need_id,
        "client": need.client_id,
        "kind": need.kind,
        "unit": need.unit_id,
        "state": form.state.value,
        "since": form.since,
        "why": form.why,
        "needed_from": need.needed_from,
        "sessions": need.sessions_count,
        "optional": form.optional,
        "signers": [{"person": person, "role": role} for person, role in signers],
        "language": need.language,
        "form_version": need.form_version,
        "cycle": need.cycle,
        "consent": need.met_by or need.last_consent_id,
        "until": need.met_until,
    }


def _print(forms: list[Tracked]) -> None:
    console = Console(highlight=False)
    if not forms:
        console.print("No forms.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("state", "form", "client", "unit", "before", "signs", "why"):
        table.add_column(heading, ratio=1 if heading == "why" else None, no_wrap=heading in ("state", "before"))
    styles = {FormState.SIGNED: "green", FormState.DECLINED: "dim", FormState.SENT: "cyan", FormState.SEEN: "cyan"}
    for form in forms:
        need = form.need
        before = "" if need.needed_from is None else f"{need.needed_from:%Y-%m-%d %H:%M}"
        told = (need.kind.replace("_", " "), need.client_id, need.unit_id or "", before)
        signs = ", ".join(f"{person} ({role})" for person, role in zip(need.signer_ids, need.signer_roles, strict=True))
        last = (Text(visible(signs or "nobody on file")), Text(visible(form.why)))
        table.add_row(
            Text(form.state.value, style=styles.get(form.state, "yellow")), *(Text(visible(w)) for w in told), *last
        )
    console.print(table)
    console.print(f"{len(forms)} form{'' if len(forms) == 1 else 's'}. Times are UTC.")


@command.command("forms", epilog="Example: conjoint consents forms --file changes.json --unit G-1 --out to-sign")
@_from
@click.argument("needs", nargs=-1, metavar="[ID]...")
@click.option("--client", help="Only this client's.")
@click.option("--unit", help="Only this group's, family's or couple's.")
@click.option("--all", "everything", is_flag=True, help="Signed ones, too.")
@click.option("--format", "form", type=click.Choice(["html", "pdf"]), default="pdf", show_default=True)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=Path("forms"), show_default=True)
def forms(
    file: Path | None,
    tracking: Path | None,
    practice: str | None,
    now: datetime | None,
    home: str | None,
    needs: tuple[str, ...],
    client: str | None,
    unit: str | None,
    everything: bool,
    form: str,
    out: Path,
) -> None:
    """Write the forms that are outstanding, each to sign, into a folder, and print their paths.

    Whoever the desk does not know by name gets a line to write it on.
    """
    states = () if everything else tuple(state.value for state in OUTSTANDING)
    with Source(file, tracking, practice, home, now).opened() as (register, _):
        wanted = chosen(register.forms, needs=needs, client=client, unit=unit, states=states)
        for path in _write(register, wanted, form, out):
            click.echo(path)


def _write(register: Register, wanted: list[Tracked], form: str, out: Path) -> Iterator[Path]:
    try:
        out.mkdir(parents=True, exist_ok=True, mode=0o700)
        for tracked in wanted:
            filled = fill(register.request(tracked))
            if filled is None:
                click.echo(
                    f"conjoint consents: there is no form of kind {tracked.need.kind}; use the EHR's own", err=True
                )
                continue
            body = form_html(filled).encode() if form == "html" else form_pdf(filled)
            path = out / f"{_safe(tracked.need.client_id)}-{tracked.need.kind}-{tracked.need.need_id[:8]}.{form}"
            path.write_bytes(body)
            path.chmod(0o600)
            yield path
    except OSError as error:
        raise Refusal(f"{out} cannot be written ({error.strerror}); name another folder with --out") from None


def _safe(text: str) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in text)[:60]


@command.command("send", epilog="Example: conjoint consents send --file changes.json --tracking marks.jsonl 6c1f0f0e")
@_from
@click.argument("needs", nargs=-1, required=True, metavar="ID...")
@click.option("--format", "form", type=click.Choice(["html", "pdf"]), default="pdf", show_default=True)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=Path("forms"), show_default=True)
@click.option("--by", default=getpass.getuser, help="Who sends them (default: the signed-in user of this machine).")
def send(
    file: Path | None,
    tracking: Path | None,
    practice: str | None,
    now: datetime | None,
    home: str | None,
    needs: tuple[str, ...],
    form: str,
    out: Path,
    by: str,
) -> None:
    """Write these forms and note that you send them. You send them: Conjoint never does. IDs may be shortened "
    "to 8."""
    with Source(file, tracking, practice, home, now).opened() as (register, marks):
        wanted = _named(register, needs)
        for path in _write(register, wanted, form, out):
            click.echo(path)
        _mark(register, marks, wanted, MarkWord.SENT, by)


@command.command("mark", epilog="Example: conjoint consents mark 6c1f0f0e --as seen")
@_from
@click.argument("needs", nargs=-1, required=True, metavar="ID...")
@click.option("--as", "word", type=click.Choice([word.value for word in MarkWord]), required=True)
@click.option("--by", default=getpass.getuser, help="Who says so (default: the signed-in user of this machine).")
def mark(
    file: Path | None,
    tracking: Path | None,
    practice: str | None,
    now: datetime | None,
    home: str | None,
    needs: tuple[str, ...],
    word: str,
    by: str,
) -> None:
    """Note that a form was sent, seen or declined; `withdrawn` takes a mistaken mark back.

    That a form is signed, expired or revoked is not marked here: the EHR says so.
    """
    with Source(file, tracking, practice, home, now).opened() as (register, marks):
        _mark(register, marks, _named(register, needs), MarkWord(word), by)


def _named(register: Register, needs: tuple[str, ...]) -> list[Tracked]:
    for need in needs:
        found = chosen(register.forms, needs=(need,), client=None, unit=None, states=())
        if len(found) != 1:
            many = "no form has" if not found else f"{len(found)} forms have"
            raise Refusal(f"{many} the id {need}; see: conjoint consents list --json", exit_code=2)
    return chosen(register.forms, needs=needs, client=None, unit=None, states=())


def _mark(register: Register, marks: Marks, wanted: list[Tracked], word: MarkWord, by: str) -> None:
    made = [
        Mark(
            tracked.need.need_id,
            register.now.astimezone(UTC),
            word,
            by[:64],
            tracked.need.form_version or "",
            tracked.need.language or "",
        )
        for tracked in wanted
    ]
    marks.write(register.practice.practice_id, made)
    click.echo(f"{len(made)} marked as {word.value}", err=True)
