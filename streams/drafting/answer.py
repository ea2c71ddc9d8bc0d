"""What did a model propose? Its answer as a draft, once it keeps to this session's people and ids. Pure.

What is decided by rules alone (risk, urgency, doubts about speakers, interventions, tensions between goals) comes from
the local drafter whatever a model says. Never repairs an answer by guessing.
"""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.draft import Action, Draft, Dyad, Part, Provenance, Removed, Sentence
from schemas.model_call import ModelCall, NotAcceptable
from schemas.wrong_fields import where_of
from streams.drafting.material import Material
from streams.drafting.request import MAX_EVIDENCE, MAX_SENTENCE, MAX_SENTENCES
from streams.drafting.templates import sections

MAX_LOST_PERCENT = 50
"""More sentences without evidence than this, and the answer as a whole is not to be believed."""
NO_EVIDENCE = "It cites no evidence that exists."

_Text = Annotated[str, Field(min_length=1, max_length=2 * MAX_SENTENCE)]
_Ids = Annotated[tuple[Annotated[str, Field(max_length=200)], ...], Field(max_length=4 * MAX_EVIDENCE)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, populate_by_name=True)


class _Sentence(_Table):
    text: _Text
    evidence: _Ids = ()
    goal_ids: _Ids = ()
    part: Part = "subjective"


class _Client(_Table):
    client_id: str
    sentences: Annotated[tuple[_Sentence, ...], Field(max_length=2 * MAX_SENTENCES)] = ()


class _Dyad(_Table):
    from_: str = Field(alias="from")
    to: str
    text: _Text
    evidence: _Ids = ()


class _Action(_Table):
    text: _Text
    client_id: str | None = None
    evidence: _Ids = ()


class _Answer(_Table):
    shared: Annotated[tuple[_Sentence, ...], Field(max_length=2 * MAX_SENTENCES)] = ()
    clients: Annotated[tuple[_Client, ...], Field(max_length=80)]
    dyads: Annotated[tuple[_Dyad, ...], Field(max_length=320)] = ()
    themes: Annotated[tuple[Annotated[str, Field(max_length=200)], ...], Field(max_length=24)] = ()
    actions: Annotated[tuple[_Action, ...], Field(max_length=320)] = ()


def draft_of(answer: Any, material: Material, local: Draft, call: ModelCall) -> Draft:
    """The draft in an answer; sentences whose evidence does not exist are removed and said.

    Raises NotAcceptable for an answer of another form, about somebody who gets no section, that leaves somebody out,
    or most of which has no evidence.
    """
    try:
        parsed = _Answer.model_validate(answer)
    except ValidationError as error:
        raise NotAcceptable(f"not of the form that was asked for ({where_of(error)})") from None
    wanted, named = set(material.client_ids), [client.client_id for client in parsed.clients]
    if set(named) - wanted or len(set(named)) != len(named):
        raise NotAcceptable("a section about somebody who gets none, or two about one client")
    if wanted - set(named):
        raise NotAcceptable("a client was left out")
    reader = _Reader(material)
    template = material.session.template
    arranged = sections(template, None, reader.sentences(parsed.shared, None))
    own = {client.client_id: tuple(reader.sentences(client.sentences, client.client_id)) for client in parsed.clients}
    dyads = tuple(
        Dyad(from_=one.from_, to=one.to, text=one.text, evidence=reader.known(one.evidence))
        for one in parsed.dyads
        if {one.from_, one.to} <= wanted and one.from_ != one.to and reader.has_evidence(one.text, one.evidence)
    )
    actions = tuple(
        Action(text=one.text, client_id=one.client_id, evidence=reader.known(one.evidence))
        for one in parsed.actions
        if (one.client_id is None or one.client_id in wanted) and reader.has_evidence(one.text, one.evidence)
    )
    if reader.read and 100 * len(reader.removed) > MAX_LOST_PERCENT * reader.read:
        raise NotAcceptable("most of it cites no evidence that exists")
    for client_id in material.client_ids:
        arranged += sections(template, client_id, own[client_id])
    return local.model_copy(
        update={
            "sections": arranged,
            "dyads": dyads,
            "themes": tuple(theme.strip()[:80] for theme in parsed.themes if theme.strip())[:6],
            "actions": actions,
            "removed": tuple(reader.removed),
            "provenance": Provenance(
                drafter="model",
                prompt_id=call.prompt_id,
                prompt_version=call.prompt_version,
                transcript_used=material.transcript_used,
            ),
        }
    )


class _Reader:
    def __init__(self, material: Material) -> None:
        self._cited = material.cited
        self._goals = {
            person.client_id: {goal.id for goal in person.plan_goals} for person in material.session.participants
        }
        self.removed: list[Removed] = []
        self.read = 0

    def known(self, evidence: Iterable[str]) -> tuple[str, ...]:
        return tuple(id_ for id_ in dict.fromkeys(evidence) if id_ in self._cited)

    def has_evidence(self, text: str, evidence: Iterable[str]) -> bool:
        self.read += 1
        if self.known(evidence):
            return True
        self.removed.append(Removed(text=text, reason=NO_EVIDENCE))
        return False

    def sentences(self, proposed: Iterable[_Sentence], client_id: str | None) -> Iterable[Sentence]:
        own = self._goals.get(client_id or "", set())
        for one in proposed:
            if self.has_evidence(one.text, one.evidence):
                goals = tuple(goal for goal in dict.fromkeys(one.goal_ids) if goal in own)
                yield Sentence(text=one.text, evidence=self.known(one.evidence), goal_ids=goals, part=one.part)
