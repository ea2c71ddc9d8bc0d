"""The reference EHR's billing module learns of a claim that went out, once, and only through its hook."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from dashboards.claims.intake import Sent
from infra.endpoints import Endpoints
from infra.practice.claims_log import ReferenceBilling
from infra.practice.prepare import SCHEMA
from tests.streams.claims.suggested import only, unbilled
from tests.streams.scenario import clean_family

pytestmark = pytest.mark.stack
AT = datetime(2026, 4, 16, 23, 0, tzinfo=UTC)


@pytest.fixture
async def ehr(postgres: Endpoints) -> AsyncIterator[Any]:
    """The EHR's tables with the practice PR-1 in them, and nothing of it left afterwards."""
    connection = await asyncpg.connect(postgres.postgres_dsn)
    await connection.execute(SCHEMA.read_text())
    await connection.execute(
        "INSERT INTO practices"
        " (practice_id, legal_name, time_zone, state, npi, npi_entity_type, created_at, updated_at)"
        " VALUES ('PR-1', 'X', 'America/Chicago', 'IL', '1445512001', 2, now(), now()) ON CONFLICT DO NOTHING"
    )
    try:
        yield connection
    finally:
        for table in ("claim_lines", "claims", "practices"):
            await connection.execute(f"DELETE FROM {table} WHERE practice_id = 'PR-1'")
        await connection.close()


async def test_a_new_claim_is_recorded_as_submitted_once(ehr: Any, postgres: Endpoints) -> None:
    sent = Sent(1, only(unbilled(clean_family())), AT)
    billing = ReferenceBilling(postgres.postgres_dsn)
    assert await billing.log(sent) == ""
    assert await billing.log(sent) == ""
    await billing.close()
    (row,) = await ehr.fetch("SELECT * FROM claims WHERE practice_id = 'PR-1'")
    assert (row["claim_id"], row["claim_status"], row["frequency_code"]) == (sent.proposal.id, "SUB", 1)
    assert row["submitted_at"] == datetime(2026, 4, 16, 18, 0)  # noqa: DTZ001 - the clinic's wall time has no zone
    assert row["patient_relation"] == "19"
    (line,) = await ehr.fetch("SELECT * FROM claim_lines WHERE claim_id = $1", sent.proposal.id)
    assert (line["cpt_code"], str(line["line_amount"]), line["appointment_id"]) == ("90847", "140.00", "S-1")


async def test_the_ehrs_own_queued_claim_is_marked_and_an_answered_one_is_left_alone(
    ehr: Any, postgres: Endpoints
) -> None:
    billing = ReferenceBilling(postgres.postgres_dsn)
    queued = Sent(1, only(clean_family()), AT)
    for status, expected in (("Q", "SUB"), ("ACC", "ACC")):
        await ehr.execute(
            "INSERT INTO claims (claim_id, practice_id, client_id, claim_status, created_at, updated_at)"
            " VALUES ($1, 'PR-1', 'C-TEO', $2, now(), now()) ON CONFLICT (claim_id) DO UPDATE SET claim_status = $2",
            queued.proposal.id,
            status,
        )
        assert await billing.log(queued) == ""
        row = await ehr.fetchrow("SELECT claim_status FROM claims WHERE claim_id = $1", queued.proposal.id)
        assert row["claim_status"] == expected
    await billing.close()


async def test_what_the_ehr_cannot_take_says_why_and_is_tried_again(ehr: Any, postgres: Endpoints) -> None:
    sent = Sent(1, only(unbilled(clean_family())), AT)
    elsewhere = sent.proposal.model_copy(update={"practice_id": "PR-NOWHERE"})
    billing = ReferenceBilling(postgres.postgres_dsn)
    assert await billing.log(Sent(1, elsewhere, AT)) == "the EHR does not know the practice"
    await billing.close()
    away = ReferenceBilling("postgresql://nobody:x@127.0.0.1:1/ehr")
    assert (await away.log(sent)).startswith("the EHR did not take it")
