"""How are the parts of a home, going by what its supervisor wrote and what the process table says?
Reads `<home>/run`; writes nothing.
Must never take a file's word for a process being alive.
"""

import json
from pathlib import Path
from typing import Any, Final

from infra.own_processes import is_supervised, recorded, supervisor_of
from infra.part import State
from infra.refusal import Refusal

_SERVING: Final = (State.READY.value, State.DONE.value)


def read_status(home: Path) -> dict[str, Any]:
    """The supervisor's last report, put right: `state` is `down` without a living supervisor, and a part whose
    process is gone is `stopped` (or `restarting` while a supervisor lives). A home that never ran has no parts."""
    try:
        status: dict[str, Any] = json.loads((home / "run" / "status.json").read_text())
    except FileNotFoundError:
        return {"home": str(home), "state": "down", "parts": []}
    except ValueError:
        raise Refusal(f"{home / 'run' / 'status.json'} is damaged; start again with: conjoint up") from None
    alive = is_supervised(home)
    supervisor = supervisor_of(home)
    if not alive or supervisor is None or supervisor.pid != status["pid"]:
        status["state"] = "starting" if alive else "down"
    records = recorded(home)
    for part in status["parts"]:
        record = records.get(part["name"])
        lives = record is not None and record.pid == part["pid"] and record.is_alive()
        if part["pid"] is not None and not lives:
            part["pid"] = None
            part["state"] = (State.RESTARTING if alive else State.STOPPED).value
            part["message"] = "its process is gone"
        elif part["pid"] is None and part["state"] == State.READY.value:
            part["state"] = State.STOPPED.value
        elif part["pid"] is not None and not alive:
            part["message"] = "runs without a supervisor; the next conjoint up ends it, or conjoint down"
    if not all(part["state"] in _SERVING for part in status["parts"]) and status["state"] == "up":
        status["state"] = "starting"
    return status


def not_serving(status: dict[str, Any]) -> list[str]:
    """Names of parts that do not work now."""
    return [part["name"] for part in status["parts"] if part["state"] not in _SERVING]
