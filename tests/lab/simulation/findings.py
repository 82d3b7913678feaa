"""What stops the images of an estate: one CVE in all of them, or findings of each one's own."""

from random import Random
from typing import Any, NamedTuple

CVE = "CVE-2026-31337"
_PACKAGES = (
    *(
        "openssl",
        "glibc",
        "curl",
        "zlib",
        "expat",
        "libxml2",
        "sqlite",
        "krb5",
        "systemd",
        "ncurses",
    ),
    *("python3", "perl", "nodejs", "openjdk", "golang", "ruby", "php", "busybox", "git", "tar"),
    *("log4j-core", "spring-web", "jackson-databind", "netty-codec", "commons-text", "snakeyaml"),
    *("requests", "urllib3", "pillow", "cryptography", "lodash", "axios", "express", "minimist"),
)
_SEVERITIES = ("Critical", "High", "High", "Medium")
# Findings that a base image brings; the first of these are in most images.
_COMMON = 200
_MOST = 6


class Found(NamedTuple):
    """A vulnerability of one image, by the names of Anchore's rows."""

    vuln: str
    severity: str
    package_name: str
    package_version: str
    fix: str

    def row(self) -> dict[str, Any]:
        """The row of the list of vulnerabilities."""
        return {**self._asdict(), "package": f"{self.package_name}-{self.package_version}"}

    def finding(self) -> dict[str, Any]:
        """The finding of the policy that stops the image."""
        return {
            "gate": "vulnerabilities",
            "trigger": "package",
            "trigger_id": f"{self.vuln}+{self.package_name}",
            "message": f"{self.severity.upper()} Vulnerability found",
            "action": "stop",
            "policy_id": "rules",
        }


SHARED = Found(CVE, "Critical", "libexample", "1.0", "1.1")
# In every image, and stops none.
HARMLESS = Found("CVE-2020-1", "Negligible", "libexample", "1.0", "None")


def of_its_own(image: int, common: float, seed: int) -> list[Found]:
    """One to six findings, of which so large a share is common; the same at each call."""
    chance = Random(seed * 1_000_003 + image)  # noqa: S311 - chance, no secret
    drawn = [
        _drawn(chance, common, f"{image:05}{place}") for place in range(chance.randint(1, _MOST))
    ]
    return list({found.vuln: found for found in drawn}.values())


def _drawn(chance: Random, common: float, own: str) -> Found:
    is_common = chance.random() < common
    number = int(_COMMON * chance.random() ** 3) if is_common else own
    if is_common:
        chance = Random(number)  # noqa: S311 - the same in each image
    version = f"{chance.randint(0, 9)}.{chance.randint(0, 30)}.{chance.randint(0, 9)}"
    fix = f"{version}-{chance.randint(1, 9)}" if chance.random() < 0.7 else "None"
    severity, package = chance.choice(_SEVERITIES), chance.choice(_PACKAGES)
    return Found(f"CVE-2026-{number}", severity, package, version, fix)
