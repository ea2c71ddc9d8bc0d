"""Every route declares the right it needs, and the whole table of roles and rights is what the routes do."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from dashboards.console.context import Requires
from dashboards.console.rights import RIGHTS, Right, Role, may
from tests.dashboards.console.conftest import Visit
from tests.dashboards.console.samples import Desk

OPEN_TO_ALL = {"/sign-in", "/sign-out", "/healthz", "/metrics", "/theme"}
CLINICAL_TEXT = {Right.READ_DRAFTS, Right.EDIT_DRAFTS, Right.DECIDE_DRAFTS, Right.SIGN_NOTES, Right.COSIGN_NOTES}


def _declared(dependant: Dependant) -> Iterator[Right]:
    if isinstance(dependant.call, Requires):
        yield dependant.call.right
    for inner in dependant.dependencies:
        yield from _declared(inner)


def _routes(home: Path) -> list[tuple[str, str, Right | None]]:
    found = []
    for route in Desk(home).app().routes:
        if isinstance(route, APIRoute) and not route.path.startswith(tuple(OPEN_TO_ALL)):
            rights = list(dict.fromkeys(_declared(route.dependant)))
            assert len(rights) <= 1, f"{route.path} declares {rights}"
            found += [(method, route.path, rights[0] if rights else None) for method in sorted(route.methods or ())]
    return found


def test_every_route_declares_the_one_right_it_needs(tmp_path: Path) -> None:
    assert [f"{method} {path}" for method, path, right in _routes(tmp_path) if right is None] == []


async def test_every_role_gets_through_where_its_right_says_so_and_nowhere_else(visit: Visit, tmp_path: Path) -> None:
    routes = _routes(tmp_path)
    wrong = []
    for role in Role:
        client = await visit(role.value)
        for method, path, right in routes:
            assert right is not None
            if path == "/api/events":
                continue  # goes on for hours; its right is declared like every other
            answer = await client.request(method, re.sub(r"{[^}]+}", "none-such", path), content=b"")
            if (answer.status_code == 403 and not _only_the_form(answer)) == may(role, right):
                wrong.append(f"{role.value} {method} {path}: {answer.status_code}")
    assert wrong == []


def _only_the_form(answer: httpx.Response) -> bool:
    """Whether it was refused for its missing token, which is asked for after the right."""
    return "out of date" in answer.text


@pytest.mark.parametrize("role", [Role.MANAGER, Role.BILLER, Role.COMPLIANCE, Role.ADMIN])
def test_who_does_not_treat_reads_no_clinical_text(role: Role) -> None:
    assert not RIGHTS[role] & CLINICAL_TEXT


def test_only_licensed_people_and_associates_under_supervision_sign_and_only_supervisors_co_sign() -> None:
    assert {role for role in Role if may(role, Right.SIGN_NOTES)} == {Role.ASSOCIATE, Role.CLINICIAN, Role.SUPERVISOR}
    assert {role for role in Role if may(role, Right.COSIGN_NOTES)} == {Role.SUPERVISOR}


def test_every_right_is_somebodys() -> None:
    assert set(Right) == set().union(*RIGHTS.values())
