"""What can be asked of Conjoint on the command line?
Reads arguments; each command lives in a module of its own under `infra/commands`.
Must never show a traceback: an error is one line on stderr that says what to do.
"""

import importlib
import sys
import traceback
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import click

from infra.refusal import Refusal

COMMANDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "up": "infra.commands.up",
        "down": "infra.commands.down",
        "status": "infra.commands.status",
        "doctor": "infra.commands.doctor",
        "findings": "infra.commands.findings",
        "drafts": "infra.commands.drafts",
        "draft": "infra.commands.draft",
        "evaluate": "infra.commands.evaluate",
        "dlq": "infra.commands.dlq",
        "sign-ins": "infra.commands.sign_ins",
        "audit": "infra.commands.audit",
        "worker": "infra.commands.worker",
        "prepare": "infra.commands.prepare",
        "replay": "infra.commands.replay",
        "claims": "infra.commands.claims",
        "as-of": "infra.commands.as_of",
        "policy": "infra.commands.policy",
        "report": "infra.commands.report",
        "consents": "infra.commands.consents",
    }
)
"""Every command and the module whose `command` it is; loaded when it is used."""


class Commands(click.Group):
    """A group that imports a command's module only when that command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        command: click.Command = importlib.import_module(module).command
        return command


@click.group(cls=Commands, name="conjoint", context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="conjoint")
def conjoint() -> None:
    """Conjoint watches the practice's EHR as it changes and finds consent and billing gaps.

    Example: conjoint up
    """


def run(arguments: Sequence[str]) -> int:
    """Runs one command; answers its exit code: 0 done, 1 could not, 2 asked wrongly."""
    try:
        outcome = conjoint.main(list(arguments), prog_name="conjoint", standalone_mode=False)
    except Refusal as refusal:
        for line in refusal.lines:
            _say(line)
        return refusal.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return 2
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else "conjoint"
        _say(f"{_one_line(error.format_message())} See: {path} --help")
        return 2
    except click.ClickException as error:
        _say(_one_line(error.format_message()))
        return 1
    except (click.Abort, KeyboardInterrupt):
        _say("stopped")
        return 1
    except BrokenPipeError:
        # the reader of our output (`| head`) has seen enough; without this the interpreter would complain at exit
        sys.stderr.close()
        return 1
    except Exception as error:  # the last line of defence: everything foreseen was handled above
        _say(_unforeseen(error))
        return 1
    return outcome if isinstance(outcome, int) else 0


def main() -> None:
    """The `conjoint` command."""
    sys.exit(run(sys.argv[1:]))


def _say(line: str) -> None:
    click.echo(f"conjoint: {line}", err=True)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _unforeseen(error: Exception) -> str:
    """Type and places, never the message: it may quote a record."""
    frames = traceback.extract_tb(error.__traceback__)
    places = " < ".join(f"{frame.name} {frame.filename}:{frame.lineno}" for frame in reversed(frames[-6:]))
    text = f" ({error})" if isinstance(error, OSError) else ""
    return f"unforeseen {type(error).__name__}{text}; please report this: {places}"


if __name__ == "__main__":
    main()
