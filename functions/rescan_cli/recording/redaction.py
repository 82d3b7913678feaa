"""Texts without what must not be in a recording, the same way in every place of it."""

import re
from collections.abc import Callable, Iterable
from functools import partial
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from msgspec import Struct

from rescan_cli.recording.foreign_secrets import FORMS, names_a_secret
from rescan_cli.recording.json_text import change_values, is_json
from rescan_cli.recording.names import Names
from rescan_cli.recording.pseudonyms import Pseudonyms

HIDDEN = "redacted"
HOST = "anchore.example.com"
# What the workflow and its answers mean by these words does not change with an account's name.
_PROTOCOL = {
    "active", "all", "analysis_failed", "analyzed", "analyzing", "auto", "critical", "deleting",
    "disabled", "error", "fail", "false", "go", "high", "inactive", "low", "medium", "negligible",
    "non-os", "none", "not_analyzed", "os", "pass", "stop", "true", "unknown", "vulnerabilities",
    "warn", "warning",
}  # fmt: skip


class _Rule(Struct, frozen=True):
    """What to look for, and what stands there instead, or instead of a group in it."""

    pattern: re.Pattern[str]
    replacement: Callable[[str], str]
    group: int | str = 0


class Redactor:
    """Hides credentials, others' secrets, the host, names, and what matches one of the patterns."""

    def __init__(
        self,
        base_url: str,
        credentials: Iterable[str],
        names: Names,
        patterns: Iterable[re.Pattern[str]] = (),
    ) -> None:
        self._base_url = base_url
        made = Pseudonyms()
        hidden = [
            _words(credentials, "", "", lambda word: HIDDEN),
            *(_Rule(form, lambda secret: HIDDEN, "secret") for form in FORMS),
        ]
        host = [_Rule(_host(base_url), lambda word: HOST)]
        named = [
            _words(names.accounts, r"(?<!\w)", r"(?!\w)", lambda word: made.named("account", word)),
            _words(names.users, r"(?<!\w)", r"(?!\w)", lambda word: made.named("user", word)),
        ]
        wanted = [_Rule(pattern, made.fitting) for pattern in patterns]
        self._everywhere = hidden + wanted
        self._in_text = hidden + host + named + wanted
        self._in_numbers = [_Rule(rule.pattern, partial(_digits, made)) for rule in wanted]

    def text(self, text: str) -> str:
        """Any text, or a string of a JSON document."""
        whole_word = text.lower() in _PROTOCOL
        return _replaced(text, self._everywhere if whole_word else self._in_text)

    def body(self, text: str) -> str:
        """A body: of JSON every value, so that it stays JSON, else the text."""
        if not is_json(text):
            return self.text(text)
        return change_values(
            text, value=self._value, key=self._key, number=self._number, secret=names_a_secret
        )

    def url(self, url: str) -> str:
        """A URL of this Anchore, as if its API stood at the root of the host."""
        parts = urlsplit(url.removeprefix(self._base_url))
        path = "/".join(
            quote(self.text(unquote(part)), safe=":@") for part in parts.path.split("/")
        )
        query = [(name, self.text(value)) for name, value in parse_qsl(parts.query, True)]
        return f"https://{HOST}/v2{path}" + (f"?{urlencode(query)}" if query else "")

    def _key(self, text: str) -> str:
        return _replaced(text, self._everywhere)

    def _value(self, text: str, is_secret: bool) -> str:
        return HIDDEN if is_secret and text else self.text(text)

    def _number(self, text: str, is_secret: bool) -> str:
        return "0" if is_secret else _replaced(text, self._in_numbers)


def _digits(made: Pseudonyms, text: str) -> str:
    """Digits alone: a number stays one."""
    return re.sub(r"\d+", lambda digits: made.alike(digits[0]), text)


def _words(
    words: Iterable[str], before: str, after: str, replacement: Callable[[str], str]
) -> _Rule:
    """The longest first: a name may begin with another one."""
    ordered = sorted(set(words), key=len, reverse=True)
    either = "|".join(map(re.escape, ordered))
    # Without words, a pattern that matches nothing.
    return _Rule(re.compile(f"{before}(?:{either}){after}" if either else r"(?!)"), replacement)


def _host(base_url: str) -> re.Pattern[str]:
    parts = urlsplit(base_url)
    host = re.escape(parts.hostname or "")
    port = f"(?::{parts.port})?" if parts.port else ""
    return re.compile(rf"(?<![\w.-]){host}{port}(?![\w-]|\.\w)", re.IGNORECASE)


def _replaced(text: str, rules: Iterable[_Rule]) -> str:
    """The text after every rule; no rule sees what another one has put there."""
    parts = [(text, False)]
    for rule in rules:
        parts = [cut for part in parts for cut in _cut(part, rule)]
    return "".join(part for part, _ in parts)


def _cut(part: tuple[str, bool], rule: _Rule) -> list[tuple[str, bool]]:
    """The part, cut at what the rule finds in it; the flag marks a replacement."""
    text, is_replacement = part
    if is_replacement:
        return [part]
    cut, end = [], 0
    for found in rule.pattern.finditer(text):
        if original := found[rule.group]:
            start = found.start(rule.group)
            cut += [(text[end:start], False), (rule.replacement(original), True)]
            end = found.end(rule.group)
    return [*cut, (text[end:], False)]
