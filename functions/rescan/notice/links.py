r"""What mail programs make links of, taken out of the texts of others.

They link each scheme and each `evil.com` of a plain text, and whoever builds an image chooses its
names and messages. Why brackets: docs/decisions/links-in-mails.md.
"""

import re

# Ends of file names and versions that are no top-level domains.
_NO_DOMAINS = (
    "class|conf|deb|dist|dll|egg|exe|gemspec|jar|jre|js|json|lock|nupkg|php|release|"
    "rpm|toml|txt|war|whl|xml|yaml|yml"
)
_LINKING = re.compile(
    r":?//(?=[^\s\]])"  # behind a scheme or, for some readers, without one
    r"|(?:(?<=mailto)|(?<=\bnews)|(?<=\bsms)|(?<=\btel)):(?=[^\s\]])"
    r"|(?<=\bwww)\.(?=\w)"
    # A dot of a host: what follows may be a top-level domain. The other three are dots to browsers.
    rf"|(?<=[\w-])[.\u3002\uff0e\uff61](?=(?!(?:{_NO_DOMAINS})\b)(?:xn--|[^\W\d_]{{2,}}(?![^\W_])))"
    r"|(?<![\\\w:])\\\\(?=\w)",  # a share of Windows
    re.IGNORECASE,
)


def unlinked(text: str) -> str:
    """The text without anything a mail program makes a link of: `http[://]evil[.]com/x`.

    It is for printable text: a character that is removed later could have hidden a host.
    """
    return _LINKING.sub(r"[\g<0>]", text)
