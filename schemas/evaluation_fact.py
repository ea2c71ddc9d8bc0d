"""What analytics may know of an evaluation of drafts: who drafted, which metric, how much of how much; not a word."""

from schemas.record import Count, Flag, Id, Instant, Number, Schema, Word


class EvaluationFact(Schema):
    """One metric of one run, over one client of one session, over one session, or over all (both empty).

    `value` = `amount` of `of` as the metric adds up; `was`: the accepted run's value over the same sessions;
    `regressed`: worse than accepted. `prompt_id`, `prompt_version`: of a session's draft; over all, every prompt.
    """

    run_id: Id
    evaluated_at: Instant
    drafter: Word
    model: Word | None = None
    prompt_id: Word | None = None
    prompt_version: Word | None = None
    session: Word = ""
    client_id: Id = ""
    metric: Word
    value: Number
    amount: Number
    of: Number
    was: Number | None = None
    regressed: Flag = False
    accepted: Flag = False
    version: Count
