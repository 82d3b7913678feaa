"""What the function can use of Anchore, and since which version a server has it.

`GET /version` names the release of Anchore Enterprise and the version of the API, which servers
shorten to "2". So each line has both.

Sources: Anchore's OpenAPI descriptions 2.0.0 to 2.13.0, each compared with the one before it
(https://github.com/anchore/enterprise-client-go). Which release speaks which API is told by the
names of those files (5.4 speaks 2.4, 5.6 and 5.7 speak 2.6, 5.9 speaks 2.7); for 2.13 by Anchore's
blog, "Anchore Enterprise 5.22", whose annotations and PURLs that description has first.
"""

import re

from msgspec import Struct

from rescan.settings import Settings

_Numbers = tuple[int, ...]
_NUMBERS = re.compile(r"v?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?")


class Feature(Struct, frozen=True):
    """`without` says what is different on older servers; `setting` asks for it when true."""

    api: _Numbers
    release: _Numbers
    without: str
    setting: str | None = None

    def needed(self, settings: Settings) -> bool:
        """Whether the settings ask for it."""
        return self.setting is not None and getattr(settings, self.setting) is True


FEATURES = (
    Feature(
        (2, 4),
        (5, 4),
        "the tags have no pages: a sweep reads them as one answer, within MAX_BODY_MB",
    ),
    Feature(
        (2, 6),
        (5, 7),
        "the base image is not found by itself: findings do not say whose layer they are of",
        "base_image",
    ),
    Feature(
        (2, 7, 2),
        (5, 9),
        "feeds have no checksums: each sync of theirs begins a sweep, though nothing is new in it,"
        " and Refresh at feed forces every refresh, as always does",
    ),
    # Between 5.9 and 5.22 no release is told whose API is 2.12.1.
    Feature(
        (2, 12, 1),
        (5, 22),
        "rows may lack KEV and EPSS: a notice cannot say which finding is exploited",
    ),
)


def lacking(release: str, api: str) -> list[Feature] | None:
    """What the server does not have; None when neither version is a number to go by."""
    spoken, released = _numbers(api), _numbers(release)
    if spoken:
        return [feature for feature in FEATURES if spoken < feature.api]
    if released:
        return [feature for feature in FEATURES if released < feature.release]
    return None


def _numbers(version: str) -> _Numbers:
    found = _NUMBERS.match(version)
    return tuple(int(number) for number in found.groups() if number) if found else ()
