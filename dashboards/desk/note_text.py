"""What will stand in the chart? The text of each client's note and of the shared part, from what was approved.

Pure. In a client's note everybody else is a relation ("another group member"), never an id and never a name.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from dashboards.desk.chart_facts import ClientFacts, ClinicianFacts, SessionFacts
from dashboards.desk.names import shown
from dashboards.desk.review import SHARED, Line, Review, SectionState
from schemas.note_templates import TEMPLATES

GROUP_KINDS: Final = frozenset({"group", "multi_family"})
"""Sessions with a shared note of their own; in the others the shared part stands in each client's note."""
OTHERS: Final[Mapping[str, str]] = {
    "group": "another group member",
    "multi_family": "another participant",
    "family": "another family member",
    "couple": "the partner",
}
SHARED_OTHERS: Final[Mapping[str, str]] = {
    "group": "a group member",
    "multi_family": "a participant",
    "family": "a family member",
    "couple": "one partner",
}
MODALITIES: Final = {
    "in_person": "in person",
    "telehealth_video": "by video",
    "telehealth_audio": "by telephone",
}
PART2_NOTICE: Final = "42 CFR part 2 prohibits unauthorized use or disclosure of these records."
"""The short form of 42 CFR 2.32(a)(2)."""
AI_MARK: Final = "Drafted with AI assistance."


def words_for(facts: SessionFacts, kind: str, client_id: str | None) -> dict[str, str]:
    """What stands for each person in the note of `client_id` (None: in the shared part)."""
    others = OTHERS if client_id is not None else SHARED_OTHERS
    words = {client.client_id: others.get(kind, "another client") for client in facts.clients}
    if client_id is not None:
        own = facts.client(client_id)
        words[client_id] = own.name if own is not None and own.name else "the client"
    words |= {one.clinician_id: one.name or "the therapist" for one in facts.clinicians}
    return words | {"THERAPIST": "the therapist"}


def body(lines: tuple[Line, ...], template: str, words: Mapping[str, str]) -> str:
    """The lines under the template's headings."""
    blocks = []
    for title, parts in TEMPLATES[template]:
        texts = [_sentence(shown(line.text, words)) for line in lines if line.part in parts]
        if texts:
            blocks.append(f"{title}: {' '.join(texts)}")
    return "\n".join(blocks)


def _sentence(text: str) -> str:
    text = text.strip()
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?", "”", '"')) else f"{text}."


def head(facts: SessionFacts, kind: str, client: ClientFacts | None) -> str:
    """What every note says first: what it was, when, how long, with how many, and when this client was there."""
    named = {"group": "Group session", "multi_family": "Multi-family group session"}
    what = named.get(kind, f"{kind.capitalize()} session")
    if facts.unit_name and kind in GROUP_KINDS:
        what = f"{what} “{facts.unit_name}”"
    present = ""
    if client is not None and client.arrived is not None and client.left is not None:
        arrived, left = client.arrived.astimezone(facts.zone), client.left.astimezone(facts.zone)
        present = f"Present {arrived:%H:%M} to {left:%H:%M}."
    if client is not None and kind in GROUP_KINDS:
        return present  # the rest stands once, in the shared part: repeated in each note it would look cloned
    parts = [what]
    if facts.started_at is not None and facts.ended_at is not None:
        start, end = facts.started_at.astimezone(facts.zone), facts.ended_at.astimezone(facts.zone)
        minutes = (facts.ended_at - facts.started_at).total_seconds() // 60
        parts.append(f"{start:%Y-%m-%d}, {start:%H:%M} to {end:%H:%M} ({minutes:.0f} minutes)")
    if facts.modality in MODALITIES:
        parts.append(MODALITIES[facts.modality])
    attended = [one for one in facts.clients if one.attended == "attended"]
    if attended:
        parts.append(f"{len(attended)} participants")
    return f"{', '.join(parts)}. {present}".strip()


def note_text(
    review: Review,
    section: SectionState,
    facts: SessionFacts,
    signer: ClinicianFacts,
    *,
    signed_at: datetime,
    late_entry: bool,
    treating: ClinicianFacts | None = None,
) -> str:
    """The whole text of the note of one section, without the signature lines of the co-signer."""
    client = facts.client(section.client_id)
    local = signed_at.astimezone(facts.zone)
    blocks = []
    if late_entry:
        blocks.append(f"Late entry, written {local:%Y-%m-%d %H:%M}.")
    blocks.append(head(facts, review.kind, client))
    shared = review.section(SHARED)
    if (
        section.key != SHARED
        and review.kind not in GROUP_KINDS
        and shared is not None
        and shared.decision == "approved"
    ):
        told = body(shared.lines, review.template, words_for(facts, review.kind, None))
        blocks.append(f"The session as a whole\n{told}")
    blocks.append(body(section.lines, review.template, words_for(facts, review.kind, section.client_id)))
    if treating is not None and treating.clinician_id != signer.clinician_id:
        blocks.append(f"Documented by {signer.name}, {signer.credential}, for {treating.name}, {treating.credential}.")
    if client is not None and client.part2:
        blocks.append(PART2_NOTICE)
    blocks.append(f"{AI_MARK} Electronically signed by {signer.name}, {signer.credential}, {local:%Y-%m-%d %H:%M %Z}.")
    return "\n\n".join(block for block in blocks if block)
