"""`conjoint evaluate`: how good are drafts, and has anything become worse since it was accepted?"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import orjson
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from infra.endpoints import endpoints_of
from infra.evaluating import Evaluation, evaluation, pens_here, sources_in, store
from infra.evaluation_page import evaluation_line, print_evaluation
from infra.refusal import Refusal
from infra.secrets_file import FILE_NAME
from infra.settings import Settings, load_settings
from streams.drafting.evaluation.baseline import accepted_of, as_text
from streams.drafting.evaluation.running import Plan


@click.command("evaluate", epilog="Example: conjoint evaluate --drafter local --lapses")
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option("--drafter", type=click.Choice(["local", "model"]), help="Who drafts (default: as configured).")
@click.option(
    "--baseline", type=click.Path(path_type=Path, dir_okay=False), help="The accepted run to hold it against."
)
@click.option("--accept", is_flag=True, help="From now on this run is what later ones are held against.")
@click.option("--repeats", type=click.IntRange(1, 20), default=2, show_default=True, help="Drafts of each session.")
@click.option("--swaps/--no-swaps", default=True, help="Also with other genders and other names (default: yes).")
@click.option("--lapses", is_flag=True, help="Also where each session fell short, by ids.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout instead of tables.")
@click.option(
    "--store/--no-store", "stored", default=None, help="Keep the run in analytics (default: if running here)."
)
@click.option("--home", type=click.Path(), help="Folder that holds all state (default ./var).")
def command(
    folder: Path | None,
    drafter: str | None,
    baseline: Path | None,
    accept: bool,
    repeats: int,
    swaps: bool,
    lapses: bool,
    as_json: bool,
    stored: bool | None,
    home: str | None,
) -> None:
    """Draft every session of DIR (default: our development sessions), measure, compare with the accepted run.

    DIR holds session files as for `conjoint draft`, and beside NAME.json optionally NAME.gold.json with what a reader
    expects. The accepted run is DIR/baseline.DRAFTER.json unless --baseline names another. Exit code 1 if a metric is
    worse than accepted, a line for each; 2 if DIR, a file in it or the accepted run cannot be read.
    """
    settings = load_settings(home=home)
    sources = sources_in(folder)
    if baseline is not None and not accept and not baseline.exists():
        raise Refusal(f"{baseline}: no such file; make one with --accept", exit_code=2)
    pens = pens_here(settings, drafter)
    with _progress(len(sources)) as begun:
        done = evaluation(sources, pens, Plan(repeats, swaps), folder=folder, baseline=baseline, begun=begun)
    if done.compared is not None and not done.compared.compared and not accept:
        raise Refusal(f"{done.baseline} is of other sessions; accept these with --accept", exit_code=2)
    if accept:
        _accept(done.baseline, as_text(accepted_of(done.run)))
    if as_json:
        click.echo(orjson.dumps(evaluation_line(done, accepted=accept), option=orjson.OPT_APPEND_NEWLINE), nl=False)
    else:
        print_evaluation(done, accepted=accept, lapses=lapses)
    if stored or (stored is None and (settings.home / FILE_NAME).exists()):
        _store(settings, done, accepted=accept, must=bool(stored))
    if done.compared is not None and done.compared.regressions and not accept:
        raise Refusal(*(str(one) for one in done.compared.regressions))


def _accept(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Refusal(f"{path} cannot be written ({error.strerror}); name another with --baseline") from None


def _store(settings: Settings, done: Evaluation, *, accepted: bool, must: bool) -> None:
    try:
        rows = store(endpoints_of(settings), done, accepted=accepted)
    except Refusal as refusal:
        if must:
            raise
        click.echo(f"conjoint: not kept in analytics: {refusal}", err=True)
    else:
        click.echo(f"conjoint: kept in analytics, {rows} rows", err=True)


@contextmanager
def _progress(sessions: int) -> Iterator[Callable[[str], None]]:
    console = Console(stderr=True)
    name = TextColumn("{task.description}")
    columns = (TextColumn("drafting"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), name)
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("", total=sessions)
        first = True

        def begun(name: str) -> None:
            nonlocal first
            progress.update(task, description=name, advance=0 if first else 1)
            first = False

        yield begun
