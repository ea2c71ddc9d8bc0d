"""`conjoint draft FILE…`: what would be drafted from these sessions? The same code as the worker's, without Kafka."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click
import orjson

from infra.draft_lines import draft_line
from infra.drafting import model_of, prompts_of
from infra.settings import load_settings
from schemas.draft import Draft
from schemas.draft_context import DraftContext, as_json
from schemas.model_call import Held
from schemas.session_file import NotASessionFile, Session, read_session_file
from streams.drafting.deidentify import Identities
from streams.drafting.material import material_of
from streams.drafting.pens import pens_of
from streams.drafting.request import request_text
from streams.drafting.write import Pens, write

OWN_FILES = "session-files"
"""The practice that drafts from files are counted for."""


@click.command("draft", epilog="Example: conjoint draft --pretty session.json")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--local", is_flag=True, help="Use the local drafter even if an endpoint is configured.")
@click.option("--show-request", is_flag=True, help="Also the exact, de-identified text that a model would get.")
@click.option("--pretty", is_flag=True, help="For a person to read, with names; otherwise one JSON object a line.")
def command(files: tuple[Path, ...], local: bool, show_request: bool, pretty: bool) -> None:
    """Draft notes from session files: one JSON object per file on stdout.

    Without a configured endpoint (CONJOINT_MODEL_URL) the local drafter writes. Several files are independent, and each
    object then names its file. Exit code 2 if a file is not of the form; the others are still done.
    """
    settings = load_settings()
    pens = pens_of(prompts_of(settings), None if local else model_of(settings))
    wrong = False
    for path in files:
        try:
            session = read_session_file(path)
        except NotASessionFile as error:
            click.echo(f"conjoint draft: {path}: {error}; see the form of a session file", err=True)
            wrong = True
            continue
        draft = _drafted(session, pens, show_request)
        if pretty:
            from infra.draft_page import print_draft  # its pages take time to load

            print_draft(draft, session, Identities.of(session), str(path))
            continue
        name = {"file": str(path)} if len(files) > 1 else {}
        click.echo(orjson.dumps(draft_line(draft) | name))
    sys.exit(2 if wrong else 0)


def _drafted(session: Session, pens: Pens, show_request: bool) -> Draft:
    now = datetime.now(UTC)
    context = DraftContext(
        request_id=session.id,
        practice_id=OWN_FILES,
        session_id=session.id,
        kind=session.kind,
        state="requested",
        requested_at=now,
        changed_at=now,
        fingerprint="file",
        session_json=as_json(session),
        version=0,
    )
    draft = write(context, pens, lambda: None, now, patient=False).draft
    return _with_request(draft, context, session, pens) if show_request else draft


def _with_request(draft: Draft, context: DraftContext, session: Session, pens: Pens) -> Draft:
    identities = pens.identities(session)
    call = pens.call(material_of(session, identities), context)
    text = request_text(call)
    try:
        identities.refuse_if_identifying(text.encode())
    except Held as held:
        return draft.model_copy(update={"blocked": (*draft.blocked, f"{held}.".capitalize())})
    return draft.model_copy(update={"raw_request": text})
