"""The desk on a real database: review, sign, write back, and what the audit chain says about it."""

import asyncio
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from dashboards.console.rights import Role
from dashboards.desk import audit_log, charts, drafts
from dashboards.desk.desk import CannotSignError, NotHereError, RefusedError
from dashboards.desk.review import Why
from dashboards.desk.signing import Code
from infra.desk.for_report import read_desk
from infra.endpoints import Endpoints
from schemas.audit import first_break
from schemas.care import Note
from schemas.change import Change
from schemas.note_writing import NotNow, Refused, WhyRefused
from streams.compliance.records import Period
from tests.dashboards.desk.conftest import Bench
from tests.dashboards.desk.samples import ASSOCIATE, CLIENTS, CLINICIAN, a_draft, lines, user

pytestmark = pytest.mark.stack
DRAFT = "D-S-1"


async def test_a_draft_is_edited_partly_rejected_signed_and_each_client_gets_one_note(
    bench: Bench, postgres: Endpoints
) -> None:
    await bench.arrive()
    clinician = bench.user(Role.CLINICIAN)
    [queued], total = await bench.desk.queue(clinician, mine=True)
    assert (queued.draft_id, queued.sections, queued.attention, total) == (DRAFT, 4, 3, 1)
    opened = await bench.desk.open(clinician, bench.practice, DRAFT)
    assert opened.facts.client("C-1").name == "Marisol Quintana"  # type: ignore[union-attr]
    assert opened.facts.client("C-1").notes[0].text == "An earlier note."  # type: ignore[union-attr]
    section = opened.review.section("C-1")
    assert section is not None
    await bench.desk.edit(
        clinician, bench.practice, DRAFT, "C-1", section.version, lines("C-1 slept through.", section.lines[2].text)
    )
    await bench.approve_all()
    rejected = (await bench.desk.open(clinician, bench.practice, DRAFT, viewed=False)).review.section("C-3")
    assert rejected is not None
    await bench.desk.decide(
        clinician, bench.practice, DRAFT, "C-3", rejected.version, "rejected", "wrote it down myself"
    )
    await bench.sign()
    assert bench.writer.tries == 0
    assert await bench.deliver() == 3
    notes = {note.client_id: note for note in bench.writer.notes.values()}
    assert set(notes) == {None, "C-1", "C-2"}
    mine = notes["C-1"]
    assert "Marisol Quintana slept through." in mine.text
    assert "Electronically signed by Ines Marlow, LCSW" in mine.text
    assert mine.group_session
    assert mine.linked_clients == ("C-2",)
    assert len(mine.linked_keys) == 2
    assert not any(name in mine.text for name in ("Tobias", "Everhart", "Leilani", "C-2"))
    async with bench.database.transaction() as connection:
        entries = [entry async for entry in audit_log.entries_of(connection, bench.practice)]
    assert first_break(bench.practice, entries) is None
    actions = [entry.action for entry in entries]
    assert actions == [
        "draft_generated",
        "text_viewed",
        "section_edited",
        *["section_approved"] * 4,
        "section_rejected",
        "draft_signed",
        *["note_written"] * 3,
    ]
    edit = entries[2]
    assert (edit.before_sha256, edit.after_sha256) != (None, None)
    assert edit.before_sha256 != edit.after_sha256
    period = Period(bench.now.date(), bench.now.date(), bench.now, ZoneInfo("UTC"))
    reported = await asyncio.to_thread(read_desk, postgres.desk_app_dsn, bench.practice, period)
    assert reported is not None
    [signed] = reported.signed_drafts
    assert (signed.draft_id, signed.signed_by, signed.cosigned_by) == (DRAFT, CLINICIAN, None)
    assert signed.changed_share is not None
    assert 0 < signed.changed_share < 0.5
    assert [row.action for row in reported.access] == actions


async def test_two_people_on_one_section_lose_nothing(bench: Bench) -> None:
    await bench.arrive()
    clinician, assistant = bench.user(Role.CLINICIAN), bench.user(Role.ASSISTANT)
    await bench.desk.edit(clinician, bench.practice, DRAFT, "C-1", 1, lines("The first of two."))
    with pytest.raises(RefusedError) as refused:
        await bench.desk.edit(assistant, bench.practice, DRAFT, "C-1", 1, lines("The second of two."))
    assert refused.value.why is Why.CHANGED_MEANWHILE
    assert refused.value.current is not None
    section = refused.value.current.section("C-1")
    assert section is not None
    assert [line.text for line in section.lines] == ["The first of two."]
    await bench.desk.edit(assistant, bench.practice, DRAFT, "C-1", section.version, lines("The second of two."))
    known = await bench.desk.versions(clinician, bench.practice, DRAFT, "C-1")
    assert [row["lines"][0]["text"] for row in known][:2] == ["The second of two.", "The first of two."]
    await bench.desk.restore(clinician, bench.practice, DRAFT, "C-1", 3, 1)
    review = (await bench.desk.open(clinician, bench.practice, DRAFT, viewed=False)).review
    assert review.section("C-1").lines == review.section("C-1").original  # type: ignore[union-attr]


async def test_an_assistant_may_edit_and_neither_decide_nor_sign(bench: Bench) -> None:
    await bench.arrive()
    assistant = bench.user(Role.ASSISTANT)
    await bench.desk.edit(assistant, bench.practice, DRAFT, "C-1", 1, lines("Typed by the assistant."))
    with pytest.raises(RefusedError, match="not_your_right"):
        await bench.desk.decide(assistant, bench.practice, DRAFT, "C-1", 2, "approved")
    await bench.approve_all()
    with pytest.raises(RefusedError, match="not_your_right"):
        await bench.sign(Role.ASSISTANT)
    assert await bench.deliver() == 0


async def test_a_supervised_signature_waits_for_the_supervisors(bench: Bench) -> None:
    await bench.arrive(a_draft(practice_id=bench.practice, clinician_id=ASSOCIATE))
    await bench.approve_all(Role.ASSOCIATE)
    await bench.sign(Role.ASSOCIATE)
    assert await bench.deliver() == 0
    supervisor = bench.user(Role.SUPERVISOR)
    [waiting], _ = await bench.desk.queue(supervisor, mine=True)
    assert waiting.state == "awaiting_cosign"
    [told] = await bench.desk.notifications(supervisor)
    assert told.kind == "awaiting_cosign"
    opened = await bench.desk.open(supervisor, bench.practice, DRAFT, viewed=False)
    with pytest.raises(RefusedError):
        await bench.sign_off.cosign(
            bench.user(Role.CLINICIAN), bench.practice, DRAFT, content_sha256=opened.review.sha256
        )
    await bench.sign_off.give_back(supervisor, bench.practice, DRAFT, "say more about the plan")
    await bench.sign(Role.ASSOCIATE)
    await bench.sign_off.cosign(supervisor, bench.practice, DRAFT, content_sha256=opened.review.sha256)
    assert await bench.deliver() == 4
    note = next(iter(bench.writer.notes.values()))
    assert (note.signed_by, note.cosigned_by) == (ASSOCIATE, "CL-3")
    assert "Co-signed by Vera Stahl, PhD" in note.text


async def test_a_name_of_another_client_blocks_and_nothing_overrides_it(bench: Bench) -> None:
    await bench.arrive()
    clinician = bench.user(Role.CLINICIAN)
    await bench.desk.edit(clinician, bench.practice, DRAFT, "C-1", 1, lines("C-1 comforted tobias."))
    await bench.approve_all()
    with pytest.raises(CannotSignError) as refused:
        await bench.sign()
    assert [(problem.code, problem.keys) for problem in refused.value.problems if problem.severity == "block"] == [
        (Code.NAMES_ANOTHER, ("C-1",))
    ]


async def test_what_changed_since_it_was_seen_is_not_signed(bench: Bench) -> None:
    await bench.arrive()
    await bench.approve_all()
    seen = (await bench.desk.open(bench.user(Role.CLINICIAN), bench.practice, DRAFT, viewed=False)).review
    await bench.desk.edit(bench.user(Role.ASSISTANT), bench.practice, DRAFT, "C-1", 2, lines("Slipped in."))
    with pytest.raises(RefusedError, match="changed_meanwhile"):
        await bench.sign_off.sign(
            bench.user(Role.CLINICIAN),
            bench.practice,
            DRAFT,
            content_sha256=seen.sha256,
            acknowledged=[],
            attested=True,
        )


async def test_two_signatures_at_once_are_one(bench: Bench) -> None:
    await bench.arrive()
    await bench.approve_all()
    ends = await asyncio.gather(bench.sign(), bench.sign(), return_exceptions=True)
    assert sorted(type(end).__name__ for end in ends) == ["NoneType", "RefusedError"]
    assert await bench.deliver() == 4


async def test_an_ehr_that_is_away_gets_the_note_later_and_a_stuck_one_is_told_and_retried(bench: Bench) -> None:
    await bench.arrive(a_draft(practice_id=bench.practice, clients=("C-1",)))
    await bench.approve_all()
    await bench.sign()
    bench.writer.answers = [NotNow("ConnectError")] * 16
    for _ in range(8):
        await bench.deliver(later=timedelta(minutes=6))
    opened = await bench.desk.open(bench.user(Role.CLINICIAN), bench.practice, DRAFT, viewed=False)
    assert {write["state"] for write in opened.writes} == {"stuck"}
    told = await bench.desk.notifications(bench.user(Role.CLINICIAN))
    assert {one.kind for one in told} == {"draft_ready", "write_failed"}
    bench.writer.answers = []
    assert await bench.sign_off.retry(bench.user(Role.CLINICIAN), bench.practice, DRAFT) == 2
    assert await bench.deliver() == 2
    assert len(bench.writer.notes) == 2


async def test_a_note_the_ehr_refuses_is_shown_with_its_reason(bench: Bench) -> None:
    await bench.arrive(a_draft(practice_id=bench.practice, clients=("C-1",)))
    await bench.approve_all()
    await bench.sign()
    bench.writer.answers = [Refused(WhyRefused.ALREADY_SIGNED), Refused(WhyRefused.ALREADY_SIGNED)]
    await bench.deliver()
    opened = await bench.desk.open(bench.user(Role.CLINICIAN), bench.practice, DRAFT, viewed=False)
    assert {(write["state"], write["reason"]) for write in opened.writes} == {("refused", "already_signed")}


async def test_an_addendum_follows_a_written_note(bench: Bench) -> None:
    await bench.arrive()
    await bench.approve_all()
    await bench.sign()
    await bench.deliver()
    clinician = bench.user(Role.CLINICIAN)
    with pytest.raises(CannotSignError):
        await bench.sign_off.add_addendum(clinician, bench.practice, DRAFT, "C-1", "Leilani said so, too.")
    await bench.sign_off.add_addendum(clinician, bench.practice, DRAFT, "C-1", "C-1 called to correct the date.")
    assert await bench.deliver() == 1
    note = list(bench.writer.notes.values())[-1]
    assert (note.kind, note.addendum_to) == ("addendum", "EHR-S-1-C-1")
    assert "Marisol Quintana called to correct the date." in note.text


async def test_a_draft_of_another_practice_is_not_there(bench: Bench) -> None:
    await bench.arrive()
    stranger = user(Role.SUPERVISOR, ("PR-elsewhere",))
    for attempt in (
        bench.desk.open(stranger, bench.practice, DRAFT),
        bench.desk.edit(stranger, bench.practice, DRAFT, "C-1", 1, lines("x")),
        bench.desk.decide(stranger, bench.practice, DRAFT, "C-1", 1, "approved"),
        bench.desk.switch_template(stranger, bench.practice, DRAFT, 1, "SOAP"),
        bench.desk.beat(stranger, bench.practice, DRAFT, "v", 1),
        bench.desk.versions(stranger, bench.practice, DRAFT, "C-1"),
        bench.sign_off.cosign(stranger, bench.practice, DRAFT, content_sha256=""),
        bench.sign_off.give_back(stranger, bench.practice, DRAFT, "x"),
        bench.sign_off.discard(stranger, bench.practice, DRAFT, "x"),
        bench.sign_off.retry(stranger, bench.practice, DRAFT),
        bench.sign_off.add_addendum(stranger, bench.practice, DRAFT, "C-1", "x"),
    ):
        with pytest.raises(NotHereError):
            await attempt
    assert await bench.desk.queue(stranger, mine=False) == ([], 0)


async def test_a_newer_draft_replaces_an_untouched_one_and_waits_beside_one_in_work(bench: Bench) -> None:
    await bench.arrive()
    await bench.arrive(a_draft(practice_id=bench.practice, version=2, clients=CLIENTS[:2]))
    clinician = bench.user(Role.CLINICIAN)
    review = (await bench.desk.open(clinician, bench.practice, DRAFT, viewed=False)).review
    assert (review.source_version, len(review.sections)) == (2, 3)
    await bench.desk.edit(clinician, bench.practice, DRAFT, "C-1", 1, lines("Typed."))
    await bench.arrive(a_draft(practice_id=bench.practice, version=3))
    await bench.arrive(a_draft(practice_id=bench.practice, version=1))
    review = (await bench.desk.open(clinician, bench.practice, DRAFT, viewed=False)).review
    assert (review.source_version, review.newer_version, len(review.sections)) == (2, 3, 3)
    await bench.arrive(a_draft(practice_id=bench.practice, version=4, state="withdrawn"))
    review = (await bench.desk.open(clinician, bench.practice, DRAFT, viewed=False)).review
    assert review.state == "withdrawn"


async def test_active_time_never_grows_faster_than_the_clock(bench: Bench) -> None:
    await bench.arrive()
    clinician = bench.user(Role.CLINICIAN)
    for claimed in (10_000, 3_600_000, 20_000):
        await bench.desk.beat(clinician, bench.practice, DRAFT, "visit", claimed)
        bench.now += timedelta(seconds=10)
    [row] = await bench.owner.fetch("SELECT active_ms FROM review_time WHERE practice_id = $1", bench.practice)
    assert row["active_ms"] == 25_000


async def test_a_draft_whose_notes_are_signed_in_the_ehr_waits_for_nobody(bench: Bench) -> None:
    await bench.arrive()
    clinician = bench.user(Role.CLINICIAN)
    for number, client_id in enumerate(CLIENTS):
        _, total = await bench.desk.queue(clinician, mine=True)
        assert total == 1, number
        note = Note(session="S-1", client=client_id, kind="progress", status="signed", text="Written by hand.")
        change = Change(at=bench.now, entity="note", op="create", id=f"N-{number}", rev=1, data=note)
        async with bench.database.transaction() as connection:
            await charts.take(connection, [(bench.practice, change)])
            await drafts.mark_documented(connection, [(bench.practice, "S-1")])
    assert await bench.desk.queue(clinician, mine=True) == ([], 0)
    opened = await bench.desk.open(clinician, bench.practice, DRAFT)
    assert all(client.signed_note_of("S-1") for client in opened.facts.clients)
