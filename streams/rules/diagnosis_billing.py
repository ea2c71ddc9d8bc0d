"""Does the diagnosis on the claim exist, say what the payer pays for, and stand on the treatment plan? Pure."""

from collections.abc import Iterator
from datetime import date, datetime

from schemas.care import Claim, Plan
from streams.cases import SessionCase
from streams.files import Held
from streams.policy.icd10cm import CodeStatus, in_range, newest_edition, plain, status_on, was_billable_earlier
from streams.policy.procedures import SUBSTANCE_USE_CODES
from streams.rule import Outcome, not_recorded
from streams.rules.claims import claim_found, claim_subject, words
from streams.rules.coverage_billing import service_day


def diagnosis_not_billable(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B28: a claim has a diagnosis, each is a leaf of the ICD-10-CM edition in force on the day, each pointer hits one.

    Past the newest edition there is, a code that edition does not know stays undecided. Source: domain-facts §1.4
    (ICD-10-CM), §1.6 (16, 146), §1.7 B28.
    """
    for claim in case.standing_claims:
        data = claim.data
        day = service_day(case, claim)
        if not data.lines and not data.diagnoses:
            continue  # its parts are still on their way
        if not data.diagnoses:
            yield _not_billable(case, claim, "has no diagnosis", "16")
            continue
        if day is None:
            continue
        problems = _codes(data.diagnoses, day)
        astray = sorted({p for line in data.lines for p in line.dx_pointers if not 1 <= p <= len(data.diagnoses)})
        if astray:
            problems.append((f"points to diagnosis {words([str(p) for p in astray])} of {len(data.diagnoses)}", "16"))
        if problems:
            yield _not_billable(case, claim, words([why for why, _ in problems]), problems[0][1])
            continue
        unknown = [code for code in data.diagnoses if status_on(code, day) is CodeStatus.EDITION_NOT_LOADED]
        if unknown:
            edition, last_day = newest_edition()
            yield not_recorded(
                f"the ICD-10-CM edition in force on {day} (the newest here, {edition}, ends on {last_day} and does not "
                f"know {words(unknown)})",
                claim_subject(case, claim),
                (claim, case.appointment),
                "Update the ICD-10-CM edition, then this is decided by itself.",
            )


def _codes(diagnoses: tuple[str, ...], day: date) -> list[tuple[str, str]]:
    problems = []
    for code in diagnoses:
        status = status_on(code, day)
        if status is CodeStatus.HEADER:
            was = was_billable_earlier(code)
            since = ", which used to be billable," if was else ""
            problems.append((f"carries {code}{since} a heading above more specific codes", "146" if was else "16"))
        elif status is CodeStatus.NOT_IN_EDITION:
            problems.append((f"carries {code}, which is no code of the ICD-10-CM edition in force on {day}", "146"))
    return problems


def _not_billable(case: SessionCase, claim: Held[Claim], why: str, predicts: str) -> Outcome:
    todo = "Have the clinician name a billable diagnosis in force on the date of service."
    return claim_found(case, claim, why, todo, predicts)


def is_relational(code: str) -> bool:
    """A relational or counselling problem rather than a disorder: Z62, Z63, Z69-Z71."""
    return in_range(code, "Z62", "Z63") or in_range(code, "Z69", "Z71")


def relational_principal(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B29: where the payer asks for a mental-health diagnosis, a relational problem is not the principal one.

    It may ride along as a secondary. Source: domain-facts §1.4 (Z63.0), §1.7 B29; payer's `requires_mh_primary_dx`.
    """
    for claim in case.standing_claims:
        diagnoses = claim.data.diagnoses
        if not diagnoses or not case.policy.payer(claim.data.payer).requires_mh_primary_dx:
            continue
        if is_relational(diagnoses[0]):
            yield claim_found(
                case,
                claim,
                f"has {diagnoses[0]}, a relational problem, as principal diagnosis; the payer asks for a mental-health "
                "diagnosis",
                "If this visit treated a disorder of the identified patient, put that first; else bill the client.",
                "50",
            )


def substance_use_mismatch(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B30: a substance use service has a diagnosis of F10-F19, and does not go to a payer of mental health only.

    Source: domain-facts §1.1 (H0005), §1.6 (11), §1.7 B30; payer's `mental_health_only`.
    """
    for lines in case.lines_of_claim.values():
        claim = lines[0].claim
        codes = sorted({line.code for line in lines} & SUBSTANCE_USE_CODES)
        substance_use = [code for code in claim.data.diagnoses if in_range(code, "F10", "F19")]
        only_mental_health = case.policy.payer(claim.data.payer).mental_health_only
        principal = claim.data.diagnoses[:1]
        if codes and claim.data.diagnoses and not substance_use:
            why = f"bills {words(codes)}, a substance use service, without a diagnosis of F10-F19"
        elif only_mental_health and (codes or (substance_use and principal == (substance_use[0],))):
            why = "bills substance use care to a payer of mental health only"
        else:
            continue
        yield claim_found(case, claim, why, "Correct the code, the diagnosis or the payer.", "11")


def _plan_day(case: SessionCase, claim: Held[Claim]) -> date | None:
    return service_day(case, claim)


def active_plans(case: SessionCase, client_id: str, day: date) -> list[Held[Plan]]:
    """The client's plans that were active on a day. One closed later was still active then."""
    return [plan for plan in case.client(client_id).plans if _active_on(case, plan, day)]


def _active_on(case: SessionCase, plan: Held[Plan], day: date) -> bool:
    data = plan.data
    if data.start is not None and day < data.start:
        return False
    if data.end is not None:
        return day <= data.end
    return data.status != "closed" or case.practice.day_of(plan.at) > day


def diagnosis_not_on_plan(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B31: every diagnosis on a claim is one that the treatment plan of that day treats.

    Also one no line points to: the payer reads the claim's whole list. A Z code may ride along. No plan is B41's.
    Source: domain-facts §1.7 B31.
    """
    for claim in case.standing_claims:
        data = claim.data
        day = _plan_day(case, claim)
        plans = [] if day is None else active_plans(case, data.client, day)
        planned = {plain(code) for plan in plans for code in plan.data.diagnoses}
        if not planned:
            continue
        missing = [code for code in data.diagnoses if plain(code) not in planned and not plain(code).startswith("Z")]
        if missing:
            yield claim_found(
                case,
                claim,
                f"carries {words(missing)}, which {'is' if len(missing) == 1 else 'are'} not on the treatment plan "
                f"active on {day}",
                "Have the clinician update the plan, or correct the diagnosis.",
                "50",
                *plans,
            )


MODALITIES = {
    "group": frozenset({"group"}),
    "multi_family": frozenset({"group", "family", "multi_family"}),
    "family": frozenset({"family", "couple"}),
    "couple": frozenset({"couple", "family"}),
}


def no_plan_for_visit(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """B41: a group, family or couples visit is on a treatment plan active that day whose review is not overdue.

    A review due on the day itself is not overdue. Source: domain-facts §1.7 B41.
    """
    wanted = MODALITIES.get(case.session.kind)
    for claim in case.claims_billing:
        day = _plan_day(case, claim)
        if wanted is None or day is None:
            continue
        client = case.client(claim.data.client)
        plans = active_plans(case, client.id, day)
        covering = [plan for plan in plans if wanted & set(plan.data.modalities)]
        if not plans:
            why = f"bills a {_kind(case)} visit, but no treatment plan was active on {day}"
        elif all(not plan.data.modalities for plan in plans):
            yield not_recorded(
                f"which modalities the treatment plan of client {client.id} covers",
                claim_subject(case, claim),
                (claim, case.appointment, *plans),
            )
            continue
        elif not covering:
            why = f"bills a {_kind(case)} visit, which the treatment plan active on {day} does not cover"
        elif all(plan.data.review_due is not None and plan.data.review_due < day for plan in covering):
            due = max(plan.data.review_due for plan in covering if plan.data.review_due is not None)
            why = f"bills a visit on {day}, when the review of the treatment plan had been due on {due}"
        else:
            continue
        todo = "Have the plan written, extended or reviewed; show how this visit serves its goals."
        yield claim_found(case, claim, why, todo, "50", *(plans or client.plans))


def _kind(case: SessionCase) -> str:
    return {"multi_family": "multi-family group", "couple": "couples"}.get(case.session.kind, case.session.kind)
