"""`conjoint sign-ins`: new passwords for the console's demo users."""

import click

from infra.refusal import Refusal
from infra.settings import load_settings
from infra.sign_ins import renewed_sign_ins, sign_ins_were_shown, users_path


@click.command("sign-ins")
@click.option("--new", is_flag=True, help="Make new passwords; the old ones and open sessions end.")
@click.option("--home", type=click.Path(), help="Folder that holds all state (default ./var).")
def command(new: bool, home: str | None) -> None:
    """Make new passwords for the console's demo users and show them once.

    Whom an administrator added on the Users page stays as they are.

    Example: conjoint sign-ins --new
    """
    folder = load_settings(home=home).home
    users = users_path(folder)
    if users.exists() and not new:
        raise Refusal(f"{users} has them already, as hashes only; make new ones with: conjoint sign-ins --new")
    (folder / "run").mkdir(parents=True, exist_ok=True, mode=0o711)
    for name, password in renewed_sign_ins(folder):
        click.echo(f"{name}\t{password}")
    sign_ins_were_shown(folder)
