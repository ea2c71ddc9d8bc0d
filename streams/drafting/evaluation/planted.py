"""Does grounding take out what is false and leave what is true? Statements from the gold file, as a model's. Pure."""

from collections.abc import Iterator

from schemas.draft import DOUBTFUL, Draft, Provenance, Section, Sentence
from streams.drafting.evaluation.case import Case
from streams.drafting.evaluation.gold import Statement
from streams.drafting.evaluation.metrics import Measured, count, share


def planted(case: Case) -> Iterator[Measured]:
    """What becomes of the planted statements, if the gold file has any."""
    gold = case.gold
    if gold is not None and gold.false_:
        passed = _passed(case, gold.false_)
        yield count("false_surviving", (f"false {n}" for n, doubtful in passed.items() if not doubtful))
        yield count("false_flagged", (f"false {n}" for n, doubtful in passed.items() if doubtful))
    if gold is not None and gold.true_:
        passed = _passed(case, gold.true_)
        yield share("true_surviving", ((n in passed, f"true {n}") for n in range(1, len(gold.true_) + 1)))


def _passed(case: Case, statements: tuple[Statement, ...]) -> dict[int, bool]:
    """The statements that pass, by number, and whether each is marked as doubtful."""
    sections = tuple(
        Section(client_id=one.client, title="", sentences=(Sentence(text=one.text, evidence=one.evidence),))
        for one in statements
    )
    proposed = Draft(template=case.draft.template, sections=sections, provenance=Provenance(drafter="model"))
    checked = case.pens.grounded(proposed, case.material)
    kept = {
        (section.client_id, sentence.text): DOUBTFUL in sentence.flags
        for section in checked.sections
        for sentence in section.sentences
    }
    return {n: kept[one.client, one.text] for n, one in enumerate(statements, 1) if (one.client, one.text) in kept}
