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
# What browsers take for a dot.
_DOTS = r".\u3002\uff0e\uff61"
_DOT = f"[{_DOTS}]"
# Every character that is not ASCII: a letter may be two, of which Python counts one as no letter.
# Only words take no notice of case: with so long a range the whole would take 10 ms to compile.
_OTHERS = r"\u0080-\U0010ffff"
_LINKING = re.compile(
    r":?//(?=[^\s\]])"  # behind a scheme or, for some readers, without one
    r"|(?i:(?<=mailto)|(?<=\bnews)|(?<=\bsms)|(?<=\btel)):(?=[^\s\]])"
    r"|(?i:(?<=\bwww))\.(?=\w)"
    # An address of mail: some programs ask for no top-level domain. Versions have no letters.
    rf"|(?<=[\w.+-])@(?=[\w-]+{_DOT}\w)(?=[\w{_DOTS}-]*[^\W\d_])"
    # A dot of a host: what follows may be a top-level domain.
    rf"|(?<=[\w{_OTHERS}-]){_DOT}"
    rf"(?=(?!(?i:{_NO_DOMAINS})\b)(?:(?i:xn--)|[^\W\d_]{{2,}}(?![^\W_])|[{_OTHERS}]{{2}}))"
    r"|(?<![\\\w:])\\\\(?=\w)",  # a share of Windows
)


def unlinked(text: str) -> str:
    """The text without anything a mail program makes a link of: `http[://]evil[.]com/x`.

    It is for printable text: a character that is removed later could have hidden a host.
    """
    return _LINKING.sub(r"[\g<0>]", text)
