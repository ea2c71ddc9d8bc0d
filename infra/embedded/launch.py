"""How is one part of the stack started as a process of its own?
Writes the part's log file.
Must never use a shell, nor pass a secret on a command line.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from infra.settings import PREFIX, Settings, settings_environment

RUN_HOME = f"{PREFIX}RUN_HOME"
RUN_ID = f"{PREFIX}RUN_ID"
RUN_PART = f"{PREFIX}RUN_PART"

_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "USER")


@dataclass(frozen=True)
class Owner:
    """The operating-system account a process runs as."""

    user_id: int
    group_id: int


@dataclass(frozen=True)
class Launch:
    """Everything needed to start a process. `environment` comes on top of a minimal inherited one, so that for
    instance a stray JAVA_TOOL_OPTIONS changes nothing; `inherits_all` gives the whole environment instead."""

    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    owner: Owner | None = None
    inherits_all: bool = False

    def start(self, log: Path, identity: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """The running process: own session (a Ctrl-C at the terminal does not reach it), output appended to `log`,
        whose folder is its working folder."""
        surroundings = (
            dict(os.environ)
            if self.inherits_all
            else {name: os.environ[name] for name in _INHERITED if name in os.environ}
        )
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            return subprocess.Popen(
                self.argv,
                env={**surroundings, **self.environment, **identity},
                stdin=subprocess.DEVNULL,
                stdout=descriptor,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                umask=0o077,
                cwd=log.parent,
                user=self.owner.user_id if self.owner else None,
                group=self.owner.group_id if self.owner else None,
                extra_groups=[] if self.owner else None,
            )
        finally:
            os.close(descriptor)


def own_launch(arguments: tuple[str, ...], settings: Settings, **environment: str) -> Launch:
    """How one of our own processes is started: `conjoint ARGUMENTS` with these settings and no others."""
    return Launch(
        (sys.executable, "-m", "infra.cli", *arguments),
        {
            **settings_environment(settings),
            # an installation that cannot or may not write bytecode beside its modules compiles every library anew in
            # each process, which doubles the time until everything is up
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": str(settings.cache / "bytecode"),
            "PYTHONUNBUFFERED": "1",
            **environment,
        },
        inherits_all=True,
    )
