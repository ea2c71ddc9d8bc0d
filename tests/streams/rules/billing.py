"""How a billing rule's table of cases is written: small changes to a clean practice, and what must be found then."""

from typing import Any

from tests.streams.scenario import Case, Data, Scenario, after, clean_individual

S1 = {"session": "S-1"}


def about(who: str, session: str = "S-1", **more: str) -> dict[str, str]:
    """The subject of a finding about the claim of one person in one session."""
    return {"session": session, "client": f"C-{who}", "claim": f"K-{session}-{who}", **more}


def line(scenario: Scenario, claim: str, **fields: Any) -> Scenario:
    """The first line of a claim is otherwise; the total follows its amount."""
    first, *rest = scenario.data(claim)["lines"]
    return _lines(scenario, claim, [{**first, **fields}, *rest])


def more_lines(scenario: Scenario, claim: str, *codes: str, **fields: Any) -> Scenario:
    """Further lines of a claim, each at the practice's fee for one unit."""
    lines = scenario.data(claim)["lines"]
    fees = scenario.data("PR-1")["fee_schedule"]
    units = int(fields.get("units", 1))
    further = [{**lines[0], "code": c, "amount": money(fees[c], units), "units": units, **fields} for c in codes]
    return _lines(scenario, claim, [*lines, *further])


def _lines(scenario: Scenario, claim: str, lines: list[Data]) -> Scenario:
    total = sum(round(float(item["amount"]) * 100) for item in lines)
    return scenario.set(claim, lines=lines, total=f"{total // 100}.{total % 100:02d}")


def money(fee: str, units: int) -> str:
    """That many units at a fee."""
    total = round(float(fee) * 100) * units
    return f"{total // 100}.{total % 100:02d}"


def recode(scenario: Scenario, claim: str, code: str, **fields: Any) -> Scenario:
    """The claim, at the fee, and its note say another code."""
    fees = scenario.data("PR-1")["fee_schedule"]
    line(scenario, claim, code=code, amount=fees.get(code, "100.00"), **fields)
    note = "N" + claim.removeprefix("K")
    return scenario.set(note, code=code) if scenario.has(note) else scenario


def lasting(scenario: Scenario, minutes: float, session: str = "S-1") -> Scenario:
    """The session, everybody's attendance and the notes are that long."""
    end = after(scenario.data(session)["scheduled_start"], minutes=minutes)
    for change in scenario.changes:
        data = change["data"]
        if change["id"] == session and data.get("actual_end"):
            data["actual_end"] = end
        elif data.get("session") == session and data.get("left"):
            data["left"] = end
        elif data.get("session") == session and data.get("stop"):
            data["stop"] = end
    return scenario


def individual(minutes: float, code: str) -> Scenario:
    """A visit of that length billed with that code."""
    return recode(lasting(clean_individual(), minutes), "K-S-1-YAEL", code)


def again(
    scenario: Scenario, code: str, who: str, start: str, minutes: int, kind: str = "individual", **fields: Any
) -> Scenario:
    """Session S-2 of one client, held and billed."""
    scenario.book("S-2", kind, (who,), start, minutes, **fields)
    return scenario.hold("S-2", code, (who,))


def copied(scenario: Scenario, claim: str, id_: str, later_hours: float = 12, **fields: Any) -> Scenario:
    """Another claim that says the same, queued later."""
    data = {**scenario.data(claim), **fields}
    data["queued_at"] = fields.get("queued_at") or after(scenario.data(claim)["queued_at"], hours=later_hours)
    return scenario.add("claim", id_, data["queued_at"], **data)


def accepted(scenario: Scenario, claim: str, status: str = "accepted", **fields: Any) -> Scenario:
    """The payer took the claim into adjudication the same evening."""
    data = scenario.data(claim)
    moments = {"submitted_at": after(data["queued_at"], hours=1), "accepted_at": after(data["queued_at"], hours=2)}
    number = f"PCN-{claim}"
    return scenario.set(claim, **{"status": status, "payer_control_number": number, **moments, **fields})


def rejected(scenario: Scenario, claim: str, **fields: Any) -> Scenario:
    """The payer's front door turned the claim away (277CA) the same evening."""
    data = scenario.data(claim)
    moments = {"submitted_at": after(data["queued_at"], hours=1), "rejected_at": after(data["queued_at"], hours=2)}
    return scenario.set(claim, **{"status": "rejected", "rejection": "A7", **moments, **fields})


def predicted(case: Case, rule: str) -> str | None:
    """The CARC that the findings of a rule predict; they must agree."""
    found = {finding.predicts for finding in case[0].findings() if finding.rule == rule}
    assert len(found) == 1, found
    return next(iter(found))
