"""A consent form as one HTML page to print or to send: styles inside, no script, everything escaped. Pure."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from dashboards.forms.filling import FilledForm


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("form.html")


def form_html(form: FilledForm) -> str:
    """The page."""
    return _template().render(form=form, words=form.words, request=form.request)
