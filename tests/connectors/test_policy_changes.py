"""Is a load of a practice's policy one sound change, later ones over earlier ones?"""

from datetime import UTC, datetime, timedelta

from connectors.policy_changes import POLICY_ID, policy_change
from schemas.care import Policy
from schemas.codec import change_of

NOW = datetime(2026, 4, 15, 12, tzinfo=UTC)


def test_a_load_is_a_change_of_the_policy() -> None:
    change = change_of(policy_change('{"rejected_resubmit_days": 7}', NOW))
    assert (change.entity, change.id, change.op, change.at) == ("policy", POLICY_ID, "update", NOW)
    assert change.data == Policy(document='{"rejected_resubmit_days": 7}')


def test_a_later_load_is_newer_and_a_removal_too() -> None:
    first, later = change_of(policy_change("{}", NOW)), change_of(policy_change(None, NOW + timedelta(seconds=1)))
    assert later.rev > first.rev
    assert (later.op, later.data) == ("delete", None)
