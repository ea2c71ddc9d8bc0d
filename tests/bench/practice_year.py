"""What does a year of a practice look like in the exchange format? Changes, made up from a seed, with its mistakes.

Group, family, couples and individual sessions with attendance, notes, claims, consents, releases and messages.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

Data = dict[str, Any]
ZONE = ZoneInfo("America/Chicago")
FEES = {"90853": "60.00", "90847": "140.00", "90837": "160.00", "90834": "120.00"}
WORDS = tuple(
    f"{a}{b}" for a in ("mor", "tal", "ven", "sur", "lin", "par", "dos", "kel") for b in ("ing", "ed", "er", "as", "ly")
)
CODES = {"group": "90853", "family": "90847", "couple": "90847", "individual": "90837"}


@dataclass
class PracticeYear:
    """`sessions` sessions on the working days of a year, the first one 1 January 2026."""

    sessions: int
    seed: int = 7
    practice_id: str = "PR-YEAR"
    changes: list[Data] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.clients = [f"C-{number:04}" for number in range(max(24, self.sessions // 40))]
        self.clinicians = [f"CL-{number:02}" for number in range(max(3, self.sessions // 800))]
        size = 8
        self.groups = [
            (f"G-{at:03}", self.clients[at * size : at * size + size]) for at in range(max(1, len(self.clients) // 12))
        ]
        rest = self.clients[len(self.groups) * size :] or self.clients[:6]
        self.families = [(f"F-{at:03}", rest[at : at + 3]) for at in range(0, max(1, len(rest) - 2), 3)]
        self._people()
        self._sessions()

    def document(self, now: datetime | None = None) -> Data:
        """The file: all changes, oldest first."""
        ordered = sorted(self.changes, key=lambda change: str(change["at"]))
        end = datetime(2027, 1, 5, 12, tzinfo=UTC) if now is None else now
        return {"now": end.isoformat(), "changes": ordered}

    # --- who is there -------------------------------------------------------------------------------------------

    def _add(self, at: datetime, entity: str, id_: str, rev: int = 1, **data: Any) -> None:
        self.changes.append(
            {
                "at": at.astimezone(UTC).isoformat(),
                "entity": entity,
                "op": "create" if rev == 1 else "update",
                "id": id_,
                "rev": rev,
                "data": data,
            }
        )

    def _people(self) -> None:
        start = datetime(2025, 12, 1, 15, tzinfo=UTC)
        self._add(
            start,
            "practice",
            self.practice_id,
            name="Lakeshore Family & Group Therapy",
            timezone="America/Chicago",
            state="IL",
            npi="1445512001",
            npi_type=2,
            tax_id="36-1234567",
            address={"line1": "410 W Fulton St", "city": "Chicago", "state": "IL", "zip": "606061234"},
            part2_program=True,
            fee_schedule=FEES,
        )
        for place, id_ in enumerate(self.clinicians):
            supervised = place % 4 == 3
            self._add(
                start,
                "clinician",
                id_,
                name=f"Clinician {place}",
                npi="1882300118",
                credential="LCSW",
                level="masters",
                licenses=[{"state": "IL", "number": id_, "from": "2019-01-01", "to": "2029-12-31"}],
                enrollments=[{"payer": "PAY-COM", "from": "2024-01-01", "to": None}],
                supervised=supervised,
                supervisor=self.clinicians[0] if supervised else None,
                excluded=False,
            )
        for place, id_ in enumerate(self.clients):
            self._client(start + timedelta(minutes=place), place, id_)
        for id_, members in self.groups:
            self._add(
                start,
                "group",
                id_,
                name=f"Group {id_}",
                kind="psychotherapy",
                members=[{"client": member, "joined": "2025-12-05", "left": None} for member in members],
                cycle={"id": "CY-1", "start": "2025-12-15", "end": "2026-12-31"},
                agreement_version="v1",
                facilitators=[self.clinicians[0]],
                families=[],
            )
        for id_, members in self.families:
            self._add(start, "family", id_, members=members, identified_patient=members[0], formed="2025-12-05")

    def _client(self, at: datetime, place: int, id_: str) -> None:
        sud = place % 9 == 4
        self._add(
            at,
            "client",
            id_,
            name=f"Person {place}",
            dob=f"{1960 + place % 40}-05-{1 + place % 28:02}",
            state="IL",
            language="es" if place % 17 == 3 else "en",
            patient=True,
            sud_program=sud,
            program="outpatient",
            self_pay=False,
        )
        self._add(
            at,
            "coverage",
            f"COV-{id_}",
            client=id_,
            payer="PAY-COM",
            product="commercial",
            rank=1,
            member_id=f"M{place}",
            subscriber=id_,
            relation="self",
            start="2025-01-01",
            end=None,
        )
        self._add(
            at,
            "plan",
            f"PL-{id_}",
            client=id_,
            status="active",
            start="2025-12-01",
            review_due="2027-03-01",
            diagnoses=["F33.1"],
            modalities=["individual", "group", "family", "couple"],
            goals=[{"id": f"GL-{id_}", "text": "Sleep through the night"}],
            signed_at=at.isoformat(),
            signed_by=self.clinicians[0],
        )
        if place % 6 == 1:
            used = 12 + place % 40
            self._add(
                at,
                "authorization",
                f"AU-{id_}",
                client=id_,
                payer="PAY-COM",
                number=f"N{place}",
                codes=["90853", "90837"],
                start="2026-01-01",
                end="2026-12-31",
                units_approved=60,
                units_used_before=used,
                kind="medical",
            )
        self._consents(at, place, id_, sud)

    def _consents(self, at: datetime, place: int, id_: str, sud: bool) -> None:
        def sign(kind: str, **more: Any) -> None:
            signer = {
                "person": id_,
                "role": "self",
                "at": at.isoformat(),
                "identity_verified": True,
                "document_hash": "a",
            }
            data: Data = {
                "client": id_,
                "kind": kind,
                "version": "v1",
                "language": "en",
                "status": "active",
                "signed_at": at.isoformat(),
                "signers": [signer],
                **more,
            }
            self._add(at, "consent", f"CON-{id_}-{kind}", **data)
            if kind == "ai_assistance" and place % 13 == 6:
                revoked = datetime(2026, 6, 1 + place % 27, 16, tzinfo=UTC)
                gone = {**data, "status": "revoked", "revoked_at": revoked.isoformat()}
                self._add(revoked, "consent", f"CON-{id_}-{kind}", 2, **gone)

        year_end = datetime(2026 + place % 2, 11, 20, 6, tzinfo=UTC)
        if place % 31 != 9:
            sign("treatment", expires=(year_end + timedelta(days=place % 60)).isoformat())
        sign("billing_release", release_of_information="Y", assignment_of_benefits=True)
        sign("ai_assistance", purpose="drafting of notes", tool="Conjoint", written_notice=True)
        for group_id, members in self.groups:
            if id_ in members and place % 23 != 5:
                sign("group_agreement", unit=group_id, cycle="CY-1")
        for family_id, members in self.families:
            if id_ in members:
                sign("conjoint_agreement", unit=family_id, composition=members, no_secrets_policy=True)
        if sud:
            elements = ["patient_name", "discloser", "information", "recipient", "purpose", "right_to_revoke", "expiry"]
            elements += ["signature", "date", *(["redisclosure_statement"] if place % 2 else [])]
            sign(
                "part2_tpo",
                elements=elements,
                recipients=["my treating providers", "health plans"],
                purpose="treatment, payment and health care operations",
                expires_text="end of treatment",
            )

    # --- what happens -------------------------------------------------------------------------------------------

    def _sessions(self) -> None:
        days = [day for day in _days(date(2026, 1, 1), date(2026, 12, 31)) if day.weekday() < 5]
        per_day = self.sessions / len(days)
        made = 0
        for number, day in enumerate(days):
            while made < round(per_day * (number + 1)):
                self._session(made, day)
                made += 1

    def _session(self, number: int, day: date) -> None:
        roll = number % 10
        kind = "group" if roll < 3 else "family" if roll < 5 else "individual"
        unit: str | None = None
        if kind == "group":
            unit, clients = self.groups[number % len(self.groups)]
        elif kind == "family":
            unit, clients = self.families[number % len(self.families)]
        else:
            clients = [self.clients[(number * 7) % len(self.clients)]]
        clinician = self.clinicians[number % len(self.clinicians)]
        start = datetime(day.year, day.month, day.day, 8 + number % 9, tzinfo=ZONE)
        end = start + timedelta(minutes=60 if kind != "family" else 50)
        id_ = f"S-{number:05}"
        booked: Data = {
            "kind": kind,
            "unit": unit,
            "clients": clients,
            "facilitators": [{"clinician": clinician, "role": "lead"}],
            "scheduled_start": start.isoformat(),
            "scheduled_end": end.isoformat(),
            "status": "booked",
            "modality": "in_person",
            "state": "IL",
            "identified_patient": clients[0] if kind == "family" else None,
        }
        self._add(start - timedelta(days=10), "appointment", id_, **booked)
        held: Data = {**booked, "status": "completed", "actual_start": start.isoformat(), "actual_end": end.isoformat()}
        for place, client in enumerate(clients):
            missed = self.random.random() < 0.06 and len(clients) > 2
            status = "no_show" if missed else "attended"
            self._add(end, "attendance", f"A-{id_}-{place}", session=id_, client=client, status=status)
            self._paper(id_, number, place, client, kind, clinician, start, end, missed)
        self._add(end + timedelta(minutes=1), "appointment", id_, 2, **held)
        if kind == "group":
            self._shared(id_, number, clinician, end, len(clients))
        self._extras(id_, number, clients, clinician, end)

    def _paper(
        self,
        id_: str,
        number: int,
        place: int,
        client: str,
        kind: str,
        clinician: str,
        start: datetime,
        end: datetime,
        missed: bool,
    ) -> None:
        billed = kind != "family" or place == 0
        code = CODES[kind]
        chance = self.random.random()
        if not missed and billed and chance > 0.02:
            delay = timedelta(hours=self.random.choice((1, 2, 5, 20, 30, 60, 100, 200)) if chance < 0.3 else 2)
            unsigned = chance < 0.03
            note: Data = {
                "session": id_,
                "client": client,
                "kind": "progress",
                "origin": "human",
                "status": "draft" if unsigned else "signed",
                "author": clinician,
                "date": start.date().isoformat(),
                "start": start.isoformat(),
                "stop": end.isoformat(),
                "code": code,
                "text": " ".join(self.random.choice(WORDS) for _ in range(14)),
                "diagnoses": ["F33.1"],
            }
            if not unsigned:
                note |= {"signed_by": clinician, "signed_at": (end + delay).isoformat()}
                if int(clinician[3:]) % 4 == 3 and number % 3:
                    note |= {"cosigned_by": self.clinicians[0], "cosigned_at": (end + delay * 2).isoformat()}
            self._add(end + delay, "note", f"N-{id_}-{place}", **note)
        if billed and (not missed or chance < 0.05) and chance < 0.97:
            self._claim(id_, place, client, code, clinician, start, end, number)

    def _claim(
        self, id_: str, place: int, client: str, code: str, clinician: str, start: datetime, end: datetime, number: int
    ) -> None:
        queued = end + timedelta(hours=6)
        self._add(
            start - timedelta(days=2),
            "eligibility",
            f"EL-{id_}-{place}",
            client=client,
            coverage=f"COV-{client}",
            checked_at=(start - timedelta(days=2)).isoformat(),
            result="active",
            member_id=f"M{int(client[2:])}",
            relation="self",
        )
        claim: Data = {
            "client": client,
            "session": id_,
            "coverage": f"COV-{client}",
            "payer": "PAY-COM",
            "sequence": "primary",
            "frequency": 1,
            "rendering": clinician,
            "rendering_npi": "1882300118",
            "rendering_taxonomy": "1041C0700X",
            "billing_npi": "1445512001",
            "billing_zip": "606061234",
            "place_of_service": "11",
            "release_of_information": "Y",
            "assignment_of_benefits": True,
            "diagnoses": ["F33.1"],
            "lines": [
                {
                    "code": code,
                    "modifiers": [],
                    "units": 1,
                    "amount": FEES[code],
                    "dx_pointers": [1],
                    "date": start.date().isoformat(),
                    "session": id_,
                }
            ],
            "total": FEES[code],
            "queued_at": queued.isoformat(),
        }
        late = start.date() > date(2026, 12, 10)
        status = "queued" if late or number % 97 == 5 else "denied" if number % 29 == 3 else "paid"
        sent: Data = {} if status == "queued" else {"submitted_at": (queued + timedelta(days=1)).isoformat()}
        self._add(queued, "claim", f"K-{id_}-{place}", **claim, status=status, **sent)

    def _shared(self, id_: str, number: int, clinician: str, end: datetime, booked: int) -> None:
        told = booked if number % 11 else booked + 1
        self._add(
            end + timedelta(hours=2),
            "note",
            f"N-{id_}-shared",
            session=id_,
            client=None,
            kind="group_shared",
            origin="human",
            status="signed",
            author=clinician,
            signed_by=clinician,
            signed_at=(end + timedelta(hours=2)).isoformat(),
            participant_count=told,
            text="Theme and interventions.",
        )

    def _extras(self, id_: str, number: int, clients: list[str], clinician: str, end: datetime) -> None:
        if number % 14 == 2:
            self._add(
                end + timedelta(minutes=30),
                "note",
                f"N-{id_}-ai",
                session=id_,
                client=None,
                kind="progress",
                origin="ai",
                status="signed" if number % 3 else "draft",
                requested_at=(end + timedelta(minutes=20)).isoformat(),
                context=["session_outline", "last_notes", "plan_goals"],
                author=clinician,
                signed_by=clinician if number % 3 else None,
                signed_at=(end + timedelta(hours=3)).isoformat() if number % 3 else None,
            )
        if number % 40 == 11:
            self._add(
                end + timedelta(days=2),
                "message",
                f"M-{id_}-out",
                kind="disclosure",
                status="sent",
                client=clients[0],
                recipient={"name": "Prairie Mutual", "class": "health plan" if number % 3 else "treating provider"},
                purpose="payment" if number % 3 else "coordination of care",
                contents=["progress_notes"],
                under_consents=[f"CON-{clients[0]}-billing_release"],
                part2_notice=bool(number % 5),
                consent_copy=bool(number % 7),
                sent_at=(end + timedelta(days=2)).isoformat(),
            )
        if number % 18 == 7:
            asked = end + timedelta(hours=20)
            self._add(
                asked,
                "message",
                f"M-{id_}-in",
                kind="portal",
                thread_of=clients[0],
                author=clients[0],
                visible_to=[clients[0]],
                sent_at=asked.isoformat(),
                text="May we speak before the next visit?",
            )
            if number % 5:
                answered = asked + timedelta(hours=self.random.choice((0.2, 1, 3, 9, 30, 90)))
                self._add(
                    answered,
                    "message",
                    f"M-{id_}-re",
                    kind="portal",
                    thread_of=clients[0],
                    author=clinician,
                    visible_to=[clients[0]],
                    sent_at=answered.isoformat(),
                    text="Yes, I will call you.",
                )


def _days(first: date, last: date) -> Iterator[date]:
    day = first
    while day <= last:
        yield day
        day += timedelta(days=1)
