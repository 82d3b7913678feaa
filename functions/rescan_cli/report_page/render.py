"""The page as HTML. Every text is escaped; the page's own policy lets only its own code run."""

from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from rescan_cli.report_page.view import view_of
from rescan_cli.state.overview import Overview

_FOLDER = Path(__file__).parent


def page(overview: Overview, where: str) -> str:
    """The whole file; `where` names the ledger."""
    style, script = _own("page.css"), _own("page.js")
    return _template().render(
        view=view_of(overview, where), policy=_policy(style, script), style=style, script=script
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.jinja")


def _own(name: str) -> Markup:
    return Markup((_FOLDER / name).read_text(encoding="utf-8"))  # noqa: S704 - a file of ours


def _policy(style: str, script: str) -> str:
    """Source: Content Security Policy Level 3: a hash is that of the element's whole text."""
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)};"
        " img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
