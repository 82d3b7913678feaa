"""What the recorded images consist of: real rows, and the findings that the engine makes of them.

`rows.json` holds the rows letter by letter as the bodies that it names hold them; `policy.json`
is the engine's default policy, identifiers included, under the names of v2.
"""

import hashlib
import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

Json = dict[str, Any]

_HERE = Path(__file__).parent
_ROWS: dict[str, list[Json]] = json.loads((_HERE / "rows.json").read_text())

POLICY: Json = json.loads((_HERE / "policy.json").read_text())
POLICY_ID: str = POLICY["id"]
_RULE_SET: Json = POLICY["rule_sets"][0]
_PORTS, _HEALTHCHECK, _MEDIUM, _WORSE = _RULE_SET["rules"]
_ALLOWLIST: Json = POLICY["allowlists"][0]

# Ours: CISA lists none of these.
EXPLOITED = "CVE-2018-15686"
_EPSS = {
    EXPLOITED: {"epss": 0.9412, "percentile": 0.9991},
    "CVE-2019-5953": {"epss": 0.1042, "percentile": 0.933},
}

# The engine's words (`policy/gates/dockerfile.py`), by the rule that makes it say them.
_DOCKERFILE_FINDINGS = {
    "port 22": (_PORTS, "Dockerfile exposes port (22) which is in policy file DENIEDPORTS list"),
    "no healthcheck": (
        _HEALTHCHECK,
        "Dockerfile directive 'HEALTHCHECK' not found, matching condition 'not_exists' check",
    ),
}


def sha256(name: str) -> str:
    """The digest of a fictional image: that of its name."""
    return f"sha256:{hashlib.sha256(name.encode()).hexdigest()}"


def told_since_2_13(row: Json, listed: Collection[str] = (EXPLOITED,)) -> Json:
    """The row as a server of API 2.13 has it: with what is said of exploits, made for each CVE.

    `listed` are the CVEs that CISA lists as exploited.

    `nvd_data` has had the same since 2.12.1.
    """
    exploited = row["vuln"] in listed
    epss = _EPSS.get(row["vuln"], {"epss": 0.00042, "percentile": 0.13})
    nvd = [one | {"is_kev": exploited, "epss": epss} for one in row.get("nvd_data", [])]
    told = {"is_kev": exploited, "epss": [epss], "detected_at": "2026-11-20T09:31:02Z"}
    fix = {} if row["fix"] == "None" else {"suggested_fix_version": row["fix"].split(",")[0]}
    return row | told | fix | ({"nvd_data": nvd} if nvd else {})


def rows_of(*wanted: str) -> list[Json]:
    """All rows that are called `<vuln>+<package_name>`, in the order of the names."""
    every = [row for rows in _ROWS.values() for row in rows]
    found = [[r for r in every if f"{r['vuln']}+{r['package_name']}" == name] for name in wanted]
    return [row for rows in found for row in rows]


def finding_of(row: Json, inherited: bool | None) -> Json | None:
    """What the gate `vulnerabilities` makes of a row; None when no rule of the policy meets it.

    Rows of NVD are matched by their file, the others by their package: trigger and words differ
    (engine, `policy/gates/vulnerabilities.py`).
    """
    severity = row["severity"].lower()
    if severity not in ("medium", "high", "critical"):
        return None
    name = row["package_path" if row["feed_group"].startswith("nvd") else "package_name"]
    kind = "os" if row["package_type"] == "dpkg" else "non-os"
    fix = "" if row["fix"] == "None" else f"(fixed in: {row['fix']})"
    message = (
        f"{severity.upper()} Vulnerability found in {kind} package type ({row['package_type']})"
        f" - {name} {fix}({row['vuln']} - {row['url']})"
    )
    trigger_id = f"{row['vuln']}+{name.rpartition('/')[2]}"
    return _finding(_MEDIUM if severity == "medium" else _WORSE, trigger_id, message, inherited)


def dockerfile_finding(what: str) -> Json:
    """A finding of the gate `dockerfile`; the engine names its trigger by an MD5 of the words."""
    rule, message = _DOCKERFILE_FINDINGS[what]
    said = rule["gate"] + rule["trigger"] + message
    trigger_id = hashlib.md5(said.encode(), usedforsecurity=False).hexdigest()
    return _finding(rule, trigger_id, message, None)


def _finding(rule: Json, trigger_id: str, message: str, inherited: bool | None) -> Json:
    allowed = next((i for i in _ALLOWLIST["items"] if i["trigger_id"] == trigger_id), None)
    match = allowed and {
        "id": _ALLOWLIST["id"],
        "name": _ALLOWLIST["name"],
        "matched_rule_id": allowed["id"],
    }
    return {
        "trigger_id": trigger_id,
        "gate": rule["gate"],
        "trigger": rule["trigger"],
        "message": message,
        "action": rule["action"].lower(),
        "policy_id": _RULE_SET["id"],
        "recommendation": rule["recommendation"],
        "rule_id": rule["id"],
        "allowlisted": match is not None,
        "allowlist_match": match,
        "inherited_from_base": inherited,
    }
