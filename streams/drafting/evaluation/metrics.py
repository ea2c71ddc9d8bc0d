"""What is measured about drafts? Every metric once: how it adds up, which way is better, how much may change unnoticed.

A value over several sessions is made of their amounts, never of their values, so that a long session counts as such.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

Form = Literal["share", "count", "most", "mean"]
Better = Literal["higher", "lower", "steady", "neither"]


@dataclass(frozen=True, slots=True)
class Measured:
    """One metric of one session, or of one client in it: `amount` of `of`. `lapses` say by ids where it fell short."""

    metric: str
    amount: float
    of: float = 0.0
    client_id: str | None = None
    lapses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Metric:
    """`share`, `mean`: amounts over wholes; `count`: their sum; `most`: the largest. `tolerance`: how far it may be off
    without being a regression: in its own unit, of a steady one as a share of what it was."""

    name: str
    title: str
    form: Form
    better: Better
    tolerance: float = 0.0

    def value(self, measured: Iterable[Measured]) -> float | None:
        """The value over all of these; None if there was nothing to measure."""
        everything = [one for one in measured if one.metric == self.name]
        if not everything:
            return None
        if self.form == "count":
            return sum(one.amount for one in everything)
        if self.form == "most":
            return max(one.amount for one in everything)
        whole = sum(one.of for one in everything)
        return sum(one.amount for one in everything) / whole if whole else None

    def worse(self, was: float, now: float) -> bool:
        """Is that a regression?"""
        slack = self.tolerance + 1e-9
        if self.better == "higher":
            return now < was - slack
        if self.better == "lower":
            return now > was + slack
        return self.better == "steady" and abs(now - was) > slack * max(abs(was), 1.0)

    def shown(self, value: float | None) -> str:
        """A value as people read it."""
        if value is None:
            return "–"
        return f"{value:.0f}" if self.form == "count" else f"{value:.3f}" if self.form != "mean" else f"{value:.1f}"


METRICS: Final[tuple[Metric, ...]] = (
    # against gold facts
    Metric("fact_coverage", "gold facts that stand where they belong", "share", "higher", 0.02),
    Metric("risk_recall", "what was said about risk, as it was meant", "share", "higher"),
    Metric("risk_polarity", "of risk found, meant as it was meant", "share", "higher"),
    Metric("risk_invented", "risk that nobody stated", "count", "lower"),
    Metric("action_recall", "agreed actions", "share", "higher", 0.04),
    Metric("dyad_accuracy", "who spoke to whom, and who did not", "share", "higher", 0.04),
    Metric("tension_recall", "goals that pull apart", "share", "higher"),
    Metric("urgent_recall", "what cannot wait", "share", "higher"),
    Metric("urgent_invented", "called urgent, and is not", "count", "lower"),
    Metric("doubt_recall", "turns whose speaker is not certain", "share", "higher"),
    Metric("label_recall", "themes and interventions", "share", "higher", 0.05),
    Metric("false_surviving", "planted false statements that pass unmarked", "count", "lower"),
    Metric("false_flagged", "planted false statements that pass, marked as doubtful", "count", "lower", 2),
    Metric("true_surviving", "true statements in other words that pass", "share", "higher", 0.03),
    Metric("confidences_escaped", "told alone, and not kept in one's own section", "count", "lower"),
    Metric("withholding_unsaid", "withheld or not, without saying so", "count", "lower"),
    # without gold facts
    Metric("evidenced", "statements with evidence that exists", "share", "higher"),
    Metric("removed", "proposed, and removed by grounding", "share", "lower", 0.05),
    Metric("doubtful", "statements marked as doubtful", "share", "lower", 0.05),
    Metric("speculation", "statements that guess or diagnose in their own words", "share", "lower"),
    Metric("identifiers_in_draft", "identifiers in drafts", "count", "lower"),
    Metric("identifiers_in_request", "identifiers in what a model is sent", "count", "lower"),
    Metric("requests_held", "requests the final gate would not send", "count", "lower"),
    Metric("others_named", "another client named in one's own section", "count", "lower"),
    Metric("others_disclosed", "another's words in one's own section", "count", "lower"),
    Metric("excluded_words", "words by or ids of who has not consented", "count", "lower"),
    Metric("template_complete", "fields of the template filled, for each present client", "share", "higher"),
    Metric("uninvited_sections", "sections of clients who get none", "count", "lower"),
    Metric("clone_similarity", "the two most alike sections of a session", "most", "lower", 0.05),
    Metric("gender_swap", "the same draft when genders are swapped", "share", "higher", 0.03),
    Metric("name_swap", "the same draft when names are swapped", "share", "higher", 0.03),
    Metric("stability", "the same draft when written again", "share", "higher", 0.05),
    Metric("deidentification_recall", "identifiers that de-identification takes out", "share", "higher"),
    Metric("words_kept", "other words that de-identification leaves", "share", "higher", 0.01),
    Metric("fell_back", "drafts the local drafter wrote in the model's place", "share", "lower"),
    Metric("words_a_client", "words in one client's section", "mean", "steady", 0.25),
    Metric("seconds", "seconds a draft took", "mean", "neither"),
    Metric("cost_micros", "cost in millionths of a dollar", "count", "neither"),
)
"""In the order of the table."""

BY_NAME: Final = {metric.name: metric for metric in METRICS}


def share(metric: str, checks: Iterable[tuple[bool, str]], client_id: str | None = None) -> Measured:
    """How many of these hold; the others are its lapses."""
    everything = tuple(checks)
    missed = tuple(where for holds, where in everything if not holds)
    return Measured(metric, len(everything) - len(missed), len(everything), client_id, missed)


def count(metric: str, where: Iterable[str]) -> Measured:
    """How often something happened that should not."""
    found = tuple(where)
    return Measured(metric, len(found), lapses=found)
