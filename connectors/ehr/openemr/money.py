"""Who pays, and what was billed? Insurance and fee sheet lines of OpenEMR → coverages, claims, self-pay charges.

Pure. The lines of one client's encounter are one claim; what OpenEMR only works out when it prints the claim (numbers
of providers, release of information) is not recorded.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from connectors.ehr.joining import Entity, Image, Look
from connectors.ehr.openemr import values
from connectors.ehr.openemr.mapping import OpenEmrMapping
from connectors.ehr.openemr.sessions import Reading, Session, client_id, clinician_id

_RANKS = {"primary": 1, "secondary": 2, "tertiary": 3}
_RELATIONS = {"self": "self", "spouse": "spouse", "child": "child"}
_PROCEDURES = frozenset({"CPT4", "HCPCS", "CPT"})
_DIAGNOSES = frozenset({"ICD10", "ICD9"})


def payer_id(mapping: OpenEmrMapping, company: str) -> str:
    """A payer's id with us: the practice's own name for it, else its number."""
    return mapping.payers.get(company, f"payer-{company}")


def coverages_of(look: Look, mapping: OpenEmrMapping, pid: str) -> Iterator[Entity]:
    """A client's insurances; an older one of the same rank ends the day before the next begins."""
    for policy, until in _policies(look, pid):
        for_self = _relation(policy) == "self"
        names = (policy[f"subscriber_{part}name"] for part in ("f", "m", "l"))
        yield Entity(
            "coverage",
            f"insurance-{policy['id']}",
            {
                "client": client_id(pid),
                "payer": payer_id(mapping, policy["provider"]),
                "product": policy["plan_name"],
                "rank": _RANKS.get(policy["type"] or ""),
                "member_id": policy["policy_number"],
                "relation": _relation(policy),
                "patient_name": " ".join(name for name in names if name) or None if for_self else None,
                "patient_dob": policy["subscriber_DOB"] if for_self else None,
                "start": policy["date"],
                "end": until,
                "copay": values.money_typed(policy["copay"]),
            },
        )


def _policies(look: Look, pid: str) -> list[tuple[Image, str | None]]:
    policies = [policy for policy in look.where("insurance_data", "pid", pid) if policy["provider"] is not None]
    policies.sort(key=lambda policy: (policy["type"] or "", policy["date"] or "", int(policy["id"])))
    ended = []
    for index, policy in enumerate(policies):
        until = policy["date_end"]
        following = policies[index + 1] if index + 1 < len(policies) else None
        if following is not None and following["type"] == policy["type"] and following["date"] is not None:
            replaced = (date.fromisoformat(following["date"]) - timedelta(days=1)).isoformat()
            until = replaced if until is None else min(until, replaced)
        ended.append((policy, until))
    return ended


def _relation(policy: Image) -> str | None:
    said = policy["subscriber_relationship"]
    return None if said is None else _RELATIONS.get(said.lower(), "other")


def authorizations_of(look: Look, pid: str) -> Iterator[Entity]:
    """A client's authorisations; for which payer, the module does not say."""
    for row in look.where("module_prior_authorizations", "pid", pid):
        yield Entity(
            "authorization",
            f"authorization-{row['id']}",
            {
                "client": client_id(pid),
                "number": row["auth_num"],
                "codes": re.findall(r"[A-Za-z0-9]{4,7}", row["cpt"] or ""),
                "start": row["start_date"],
                "end": row["end_date"],
                "units_approved": row["init_units"],
            },
        )


def bills_of(reading: Reading, session: Session) -> Iterator[Entity]:
    """One claim (or, of somebody without insurance, one charge a line) for each client's encounter with lines."""
    for encounter in session.encounters:
        lines = [line for line in reading.look.where("billing", "encounter", encounter) if line["activity"]]
        for pid in sorted({line["pid"] for line in lines if line["pid"] is not None}):
            mine = [line for line in lines if line["pid"] == pid]
            billed = [line for line in mine if line["code_type"] in _PROCEDURES and line["code"]]
            if billed:
                yield from _bill(reading, session, encounter, pid, billed, mine)


def _bill(
    reading: Reading, session: Session, encounter: str, pid: str, lines: Sequence[Image], all_: Sequence[Image]
) -> Iterator[Entity]:
    coverage = _coverage_on(reading.look, pid, session.day)
    company = next((line["payer_id"] for line in lines if line["payer_id"] is not None), None)
    if company is None and coverage is not None:
        company = coverage["provider"]
    client = client_id(pid)
    if company is None:
        for line in lines:
            yield Entity("charge", f"billing-{line['id']}", _charge(reading, session, client, line))
        return
    diagnoses = _diagnoses(all_)
    matching = coverage if coverage is not None and coverage["provider"] == company else None
    submitted = all(line["billed"] for line in lines)
    filled_in = reading.look.where("form_misc_billing_options", "encounter", encounter)
    option: Image = next((form for form in filled_in if form["activity"] is not False), {})
    moment = values.instant(max((line["date"] or "" for line in lines), default="") or None, reading.zone)
    printed = values.instant(max((line["bill_date"] or "" for line in lines), default="") or None, reading.zone)
    yield Entity(
        "claim",
        f"claim-{encounter}-{pid}",
        {
            "client": client,
            "session": session.id,
            "coverage": None if matching is None else f"insurance-{matching['id']}",
            "payer": payer_id(reading.mapping, company),
            "sequence": "primary",
            "status": "submitted" if submitted else "queued",
            "frequency": 7 if option.get("replacement_claim") else 1,
            "original_ref": option.get("icn_resubmission_number"),
            "authorization_number": option.get("prior_auth_number"),
            "rendering": clinician_id(next((line["provider_id"] for line in lines if line["provider_id"]), None)),
            "member_id": None if matching is None else matching["policy_number"],
            "relation": None if matching is None else _relation(matching),
            "diagnoses": diagnoses,
            "lines": [_line(session, line, diagnoses) for line in lines],
            "total": _total(lines),
            "queued_at": moment,
            "submitted_at": printed if submitted else None,
        },
    )


def _charge(reading: Reading, session: Session, client: str, line: Image) -> Mapping[str, Any]:
    return {
        "session": session.id,
        "client": client,
        "payer": "self_pay",
        "code": line["code"],
        "modifiers": _modifiers(line),
        "units": line["units"],
        "amount": line["fee"],
        "date": session.day,
        "invoiced_at": values.instant(line["date"], reading.zone),
    }


def _line(session: Session, line: Image, diagnoses: Sequence[str]) -> Mapping[str, Any]:
    meant = [part.rpartition("|")[2] for part in (line["justify"] or "").split(":") if part]
    return {
        "code": line["code"],
        "modifiers": _modifiers(line),
        "units": line["units"],
        "amount": line["fee"],
        "dx_pointers": [diagnoses.index(code) + 1 for code in meant if code in diagnoses],
        "date": session.day,
        "session": session.id,
    }


def _modifiers(line: Image) -> list[str]:
    return re.findall(r"[A-Za-z0-9]{2}", line["modifier"] or "")


def _diagnoses(lines: Sequence[Image]) -> list[str]:
    """Principal first: in the order the lines were entered."""
    entered = sorted((line for line in lines if line["code_type"] in _DIAGNOSES), key=lambda line: int(line["id"]))
    return list(dict.fromkeys(line["code"] for line in entered if line["code"]))


def _total(lines: Sequence[Image]) -> str | None:
    cents = [round(float(line["fee"]) * 100) for line in lines if line["fee"] is not None]
    return f"{sum(cents) // 100}.{sum(cents) % 100:02d}" if len(cents) == len(lines) else None


def _coverage_on(look: Look, pid: str, day: str) -> Image | None:
    """The primary insurance in force on a day."""
    for policy, until in _policies(look, pid):
        begun = policy["date"] is None or policy["date"] <= day
        if policy["type"] == "primary" and begun and (until is None or until >= day):
            return policy
    return None
