"""One image as Anchore Enterprise v2 answers about it: record, vulnerabilities, policy check.

Shapes: Anchore's OpenAPI 2.13.0 (AnchoreImageList, ImagePackageVulnerabilityResponse,
PolicyEvaluation), and its developers' v2 mock for what that leaves open (`analyzed_at`,
`image_type` in a record; the shape of a 404).
"""

from dataclasses import dataclass, field
from datetime import datetime

from tests.recordings.facts import (
    EXPLOITED,
    POLICY,
    POLICY_ID,
    Json,
    dockerfile_finding,
    finding_of,
    rows_of,
    sha256,
    told_since_2_13,
)
from tests.recordings.har_file import Exchange, answered

BASE_DIGEST = sha256("debian:9-slim")
_REGISTRY = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"


@dataclass(frozen=True)
class Image:
    """An image, what it holds (`rows`, `dockerfile`), and the methods that record answers on it.

    Rows called in `base` come from the base image; that is only said when it is asked for.
    `exploited` are the CVEs that are known to be. What was pushed was an index when `of_index`.
    """

    repository: str
    tag: str
    build: str = "1"
    detected_at: str = "2026-11-20T09:30:12Z"
    analysis_status: str = "analyzed"
    rows: tuple[str, ...] = ()
    base: tuple[str, ...] = ()
    dockerfile: tuple[str, ...] = ()
    verdict: Json = field(default_factory=dict)
    exploited: tuple[str, ...] = (EXPLOITED,)
    evaluated_at: str = "2026-11-20T09:31:04Z"
    arch: str = "amd64"
    of_index: bool = False

    @property
    def full_tag(self) -> str:
        """registry/repository:tag."""
        return f"{_REGISTRY}/{self.repository}:{self.tag}"

    @property
    def digest(self) -> str:
        """The digest of the image's manifest."""
        other = "" if self.arch == "amd64" else f" {self.arch}"
        return sha256(f"{self.repository}:{self.tag} {self.build}{other}")

    @property
    def parent_digest(self) -> str:
        """The digest of the manifest that the push was of: the image's own, or its index's."""
        if not self.of_index:
            return self.digest
        return sha256(f"{self.repository}:{self.tag} {self.build} list")

    @property
    def list_query(self) -> dict[str, str]:
        """The query of the list, as the client sends it."""
        return {"full_tag": self.full_tag, "image_status": "active"}

    @property
    def vulnerabilities_path(self) -> str:
        """The path of the vulnerabilities."""
        return f"/images/{self.digest}/vuln/all"

    @property
    def check_path(self) -> str:
        """The path of the policy check."""
        return f"/images/{self.digest}/check"

    def refresh_query(self, forced: bool) -> dict[str, str]:
        """The query of the vulnerabilities."""
        return ({"force_refresh": "true"} if forced else {}) | {"vendor_only": "true"}

    def found(self) -> Exchange:
        """The list by full tag, with this image in it."""
        return answered("/images", self.list_query, {"items": [self.record()]})

    def history(self, *others: "Image") -> Exchange:
        """The list of all that bear the tag or ever bore it, newest first."""
        records = [image.record() for image in (self, *others)]
        return answered("/images", self.list_query | {"history": "true"}, {"items": records})

    def refreshed(self, *, forced: bool = True, base: bool = False) -> Exchange:
        """The vulnerabilities."""
        body = {
            "image_digest": self.digest,
            "vulnerability_type": "all",
            "vulnerabilities": [
                told_since_2_13(row, self.exploited) | {"inherited_from_base": inherited}
                for row, inherited in self._facts(base)
            ],
        }
        return answered(
            self.vulnerabilities_path,
            self.refresh_query(forced) | _base_query(base),
            body | ({"base_digest": BASE_DIGEST, "base_image_problems": []} if base else {}),
        )

    def checked(self, *, base: bool = False, policy_id: str | None = None) -> Exchange:
        """The policy check."""
        body = {
            "policy_id": POLICY_ID,
            "image_digest": self.digest,
            "evaluated_tag": self.full_tag,
            "evaluations": [self._evaluation(base)],
        }
        query = {"tag": self.full_tag} | ({"policy_id": policy_id} if policy_id else {})
        return answered(self.check_path, query | _base_query(base), body)

    def record(self) -> Json:
        """AnchoreImage."""
        return {
            "account_name": "admin",
            "analysis_status": self.analysis_status,
            "annotations": {},
            "created_at": self.detected_at,
            "image_content": {"metadata": _METADATA | {"arch": self.arch}},
            "image_detail": [self._detail()],
            "image_digest": self.digest,
            "image_status": "active",
            "image_type": "docker",
            "last_updated": self.detected_at,
            "parent_digest": self.parent_digest,
        } | ({"analyzed_at": self.detected_at} if self.analysis_status == "analyzed" else {})

    def summary(self) -> Json:
        """AnchoreImageTagSummary; its times are seconds since the epoch."""
        detected_at = int(datetime.fromisoformat(self.detected_at).timestamp())
        return {
            "image_digest": self.digest,
            "parent_digest": self.parent_digest,
            "image_id": sha256(self.digest).removeprefix("sha256:"),
            "analysis_status": self.analysis_status,
            "full_tag": self.full_tag,
            "created_at": detected_at,
            "analyzed_at": detected_at,
            "tag_detected_at": detected_at,
            "image_status": "active",
        }

    def _detail(self) -> Json:
        return {
            "account_name": "admin",
            "created_at": self.detected_at,
            "dockerfile": None,
            "full_digest": f"{_REGISTRY}/{self.repository}@{self.digest}",
            "full_tag": self.full_tag,
            "image_digest": self.digest,
            "image_id": sha256(self.digest).removeprefix("sha256:"),
            "last_updated": self.detected_at,
            "registry": _REGISTRY,
            "repo": self.repository,
            "tag": self.tag,
            "tag_detected_at": self.detected_at,
        }

    def _facts(self, base: bool) -> list[tuple[Json, bool | None]]:
        names = [(row, f"{row['vuln']}+{row['package_name']}") for row in rows_of(*self.rows)]
        return [(row, name in self.base if base else None) for row, name in names]

    def _evaluation(self, base: bool) -> Json:
        findings = [found for fact in self._facts(base) if (found := finding_of(*fact))]
        findings += [dockerfile_finding(what) for what in self.dockerfile]
        actions = {f["action"] for f in findings if not f["allowlisted"]}
        action = next((a for a in ("stop", "warn") if a in actions), "go")
        judged = {"final_action": action, "final_action_reason": "policy_evaluation"} | self.verdict
        return {
            "comparison_image_digest": BASE_DIGEST if base else None,
            "details": {
                "policy": POLICY,
                "findings": findings,
                "policy_action": action,
                "remediations": None,
            },
            "evaluation_problems": [],
            "evaluation_time": self.evaluated_at,
            "image_allowlisted": False,
            "image_denylisted": False,
            "image_mapped_to_rule": True,
            "matched_allowlisted_images_rule": None,
            "matched_denylisted_images_rule": None,
            "matched_mapping_rule": POLICY["mappings"][0],
            "number_of_findings": len(findings),
            "status": "fail" if judged["final_action"] == "stop" else "pass",
        } | judged


_METADATA = {
    "arch": "amd64",
    "distro": "debian",
    "distro_version": "9",
    "dockerfile_mode": "Guessed",
    "image_size": 81264640,
    "layer_count": 7,
}


def _base_query(base: bool) -> dict[str, str]:
    return {"base_digest": "auto"} if base else {}
