"""Secrets that are not the connection's own, as far as their form or their name tells."""

import re

_NAME = r"(?:passw|passphrase|secret|token|credential|signature|(?:api|access|private)[_-]?key)"
_KEY = re.compile(rf"{_NAME}|authorization|cookie|^pwd$", re.IGNORECASE)
# What follows a name, perhaps the end of its quotes. A colon without a blank is that of a tag.
_IS = r"""(?:\\*["']\s*[:=]>?\s*|\s*=\s*|:\s+|>)"""
# Up to the same quotes, or else as far as such a value goes.
_QUOTED = r"""(?P<quote>\\*["'])?(?P<secret>(?(quote)(?:(?!(?P=quote)).)+|%s))"""
_LINE = _QUOTED % r"[^\r\n]+"
_WORD = _QUOTED % r"""[^\s&;,<>"']+"""
# The secret is the group of that name. What an earlier form has found, a later one does not see.
FORMS = tuple(
    re.compile(form, re.DOTALL)
    for form in (
        rf"(?i:\b(?:authorization|cookie)){_IS}{_LINE}",
        r"(?P<secret>-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\Z))",
        r"(?<![\w-])(?P<secret>eyJ[\w-]+(?:\.[\w-]*){2,4})",  # JWT
        r"(?<![A-Za-z0-9])(?P<secret>(?:AKIA|ASIA)[A-Z0-9]{16})(?![A-Za-z0-9])",
        # A word of capitals, digits or signs: "Basic authentication" is none.
        r"""\b(?i:basic|bearer)\s+(?!\w+=["'])(?P<secret>(?=[a-z]*[A-Z0-9+/=~_])[\w.~+/=-]{4,})""",
        r"""://(?P<secret>[^\s/?#"'<>\\]+)@""",
        rf"(?i:{_NAME})[\w.-]*{_IS}{_WORD}",
    )
)


def names_a_secret(key: str) -> bool:
    """Whether the value of a member with this key is one, such as `dbPassword` or `next_token`."""
    return _KEY.search(key) is not None
