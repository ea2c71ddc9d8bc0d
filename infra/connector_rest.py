"""What does Kafka Connect say of a connector, and what is it told? Its REST interface, a call a function.
Must never be given a password: what Connect refuses is said in Connect's words, which quote settings.
"""

import logging
from collections.abc import Mapping

import httpx

from infra.refusal import Refusal
from schemas.metrics import CAPTURE_TASK_RESTARTS

log = logging.getLogger(__name__)


def connect_client(connect_url: str) -> httpx.AsyncClient:
    """A client of the Connect worker there. Close it."""
    return httpx.AsyncClient(base_url=connect_url, timeout=30, trust_env=False)


async def put_connector(client: httpx.AsyncClient, name: str, wanted: Mapping[str, str]) -> bool:
    """Whether the connector is as wanted now. Unchanged settings are not sent: Connect would restart the task.
    Raises Refusal if Connect finds the settings wrong."""
    try:
        current = await client.get(f"/connectors/{name}/config")
        if current.status_code == 200 and {**wanted, "name": name} == current.json():
            return True
        response = await client.put(f"/connectors/{name}/config", json=dict(wanted))
    except httpx.TransportError:
        return False
    if response.status_code == 400:
        raise Refusal(f"Connect refuses the connector {name}: {_message(response)}")
    # 409 while the worker rebalances, 404 and 5xx while it starts
    return response.is_success


async def task_state(client: httpx.AsyncClient, name: str) -> str:
    """Connect's word for the connector's task: RUNNING, FAILED, UNASSIGNED, PAUSED; MISSING when there is no such
    connector, UNREACHABLE when Connect does not answer properly. Raises httpx.TransportError if it does not answer."""
    response = await client.get(f"/connectors/{name}/status")
    if response.status_code == 404:
        return "MISSING"
    if not response.is_success:
        return "UNREACHABLE"
    status = response.json()
    if status["connector"]["state"] == "FAILED":
        return "FAILED"
    return str(status["tasks"][0]["state"]) if status["tasks"] else "UNASSIGNED"


async def state_or_unreachable(connect_url: str, name: str) -> str:
    """As `task_state`; never raises because Connect is down."""
    async with connect_client(connect_url) as client:
        try:
            return await task_state(client, name)
        except httpx.TransportError:
            return "UNREACHABLE"


async def traces(client: httpx.AsyncClient, name: str) -> list[str]:
    """What the connector and its tasks failed of; empty if nothing failed. May quote the database: never log it."""
    response = await client.get(f"/connectors/{name}/status")
    if not response.is_success:
        return []
    status = response.json()
    found = [str(part.get("trace", "")) for part in (status["connector"], *status["tasks"])]
    return [trace for trace in found if trace]


async def restart_failed(connect_url: str, name: str) -> None:
    """Starts what failed of the connector again. A Connect that is down is left alone."""
    async with connect_client(connect_url) as client:
        try:
            response = await client.post(f"/connectors/{name}/restart?includeTasks=true&onlyFailed=true")
        except httpx.TransportError:
            return
    if response.is_success:
        CAPTURE_TASK_RESTARTS.labels(name).inc()
        log.warning("the failed task of %s was started again", name)


def _message(response: httpx.Response) -> str:
    try:
        message = str(response.json()["message"])
    except (ValueError, KeyError):
        return f"status {response.status_code}"
    return " ".join(message.split())[:300]
