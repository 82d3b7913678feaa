"""What Anchore answers: the rows of an image, the place of an error."""

from typing import Any

from msgspec import Raw

from rescan.gate.model import (
    Vulnerability,
    VulnerabilityList,
)

WHERE: dict[str, Any] = {"step": "a step", "request": "GET /x"}


ROWS = VulnerabilityList([Vulnerability(vuln="CVE-1")], Raw(b'[{"vuln":"CVE-1"}]'))
