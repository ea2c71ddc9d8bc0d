"""Which functions write a draft? The real ones, put together once: de-identification, local drafter, grounding, model.

Pure but for the model it is given. `worker` and `conjoint draft` write with the same pens.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from schemas.draft import Draft
from schemas.draft_context import DraftContext
from schemas.model_call import Held, Model, ModelCall
from schemas.session_file import Session
from streams.drafting.answer import draft_of
from streams.drafting.deidentify import Identities, Scrubbed
from streams.drafting.grounding import grounded
from streams.drafting.local.drafter import draft_locally
from streams.drafting.material import Material
from streams.drafting.prompting import Prompt, prompt_for
from streams.drafting.request import call_of
from streams.drafting.write import Pens


class StillIdentifying(Held):
    """The final gate found an identifier in the exact bytes: they were not sent. Says classes, never values."""


class SessionIdentities:
    """Who is in one session, as the drafters need it."""

    def __init__(self, session: Session, trusted: Iterable[str]) -> None:
        self._identities = Identities.of(session)
        self._trusted = tuple(trusted)

    def deidentify(self, text: str) -> Scrubbed:
        """The text without identifiers."""
        return self._identities.deidentify(text)

    def refuse_if_identifying(self, body: bytes) -> None:
        """Raises StillIdentifying if the exact bytes name anybody."""
        leaks = self._identities.leaks(body, trusted=self._trusted)
        if leaks:
            kinds = ", ".join(sorted({leak.kind.value for leak in leaks}))
            raise StillIdentifying(f"the request was not sent: the final gate found an identifier in it ({kinds})")


def pens_of(prompts: Mapping[str, Prompt], model: Model | None = None) -> Pens:
    """The pens of an installation: its prompts, and the model it may ask."""
    trusted = tuple(prompt.instructions for prompt in prompts.values())

    def call(material: Material, context: DraftContext) -> ModelCall:
        session = material.session
        prompt = prompt_for(prompts, session.kind, session.group_type, context.prompt_id)
        return call_of(material, prompt, context.practice_id)

    def read(answer: Any, material: Material, asked: ModelCall) -> Draft:
        return draft_of(answer, material, draft_locally(material), asked)

    return Pens(
        identities=lambda session: SessionIdentities(session, trusted),
        local=draft_locally,
        grounded=grounded,
        call=call,
        read=read,
        model=model,
    )
