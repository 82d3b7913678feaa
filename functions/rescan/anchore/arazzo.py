"""The API as the Arazzo document and its OpenAPI file describe it, to show conformance.

No known server speaks it: camelCase, bare arrays, `tag` and `policyId` as parameters. Its records
carry no tags, so the server's filter must be trusted.
"""

from datetime import datetime

from msgspec import Struct, json
from msgspec.structs import asdict

from rescan.anchore.image_records import DigestText
from rescan.anchore.transport import Query
from rescan.gate.evaluation import Evaluation
from rescan.gate.model import ImageRecord, Step, Vulnerability, VulnerabilityList
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.kernel.json_decoding import preload_decoders


class _Image(Struct, frozen=True, rename="camel"):
    image_digest: DigestText
    analysis_status: str | None = None
    image_status: str | None = None


class _Row(Struct, frozen=True, gc=False, rename="camel"):
    """A vulnerability row with the fields and the spelling of the document."""

    vuln: str | None = None
    severity: str | None = None
    package: str | None = None
    package_version: str | None = None
    package_path: str | None = None
    fix: str | None = None


class _VulnerabilityReport(Struct, frozen=True):
    vulnerabilities: list[_Row]


class _PolicyEvaluation(Struct, frozen=True, rename="camel"):
    final_action: str
    final_action_reason: str | None = None
    image_digest: str | None = None
    policy_id: str | None = None
    created_at: str | None = None


class ArazzoDialect(Struct, frozen=True):
    """The document's three operations: listImages, getImageVulnerabilities, checkImagePolicy."""

    def images(self, tag: ImageTag, *, history: bool = False) -> Query:
        """The active images under the tag; only the server filters, and it knows no history."""
        parameters = {"tag": str(tag), "image_status": "active"}
        return Query(Step.FIND_ACTIVE_IMAGE, "/images", parameters)

    def read_images(self, body: bytearray) -> list[ImageRecord]:
        """The records, without tags."""
        return [
            ImageRecord(
                digest=Digest(image.image_digest),
                tags=None,
                image_status=image.image_status,
                analysis_status=image.analysis_status,
            )
            for image in json.decode(body, type=list[_Image])
        ]

    def vulnerabilities(self, digest: Digest, vtype: str, *, forced: bool) -> Query:
        """The image's vulnerabilities; `forced` makes the server scan again first."""
        path = f"/images/{digest}/vuln/{vtype}"
        parameters = {"force_refresh": "true"} if forced else {}
        return Query(Step.REFRESH_VULNERABILITIES, path, parameters, starts_work=forced)

    def read_vulnerabilities(self, body: bytearray, digest: Digest) -> VulnerabilityList:
        """The rows of the report."""
        rows = json.decode(body, type=_VulnerabilityReport).vulnerabilities
        return VulnerabilityList([Vulnerability(**asdict(row)) for row in rows], body)

    def check(self, digest: Digest, tag: ImageTag, policy_id: str | None) -> Query:
        """Evaluate the policy; without a policyId the parameter is left out."""
        parameters = {"tag": str(tag)}
        if policy_id is not None:
            parameters["policyId"] = policy_id
        return Query(Step.REGATE, f"/images/{digest}/check", parameters)

    def submission(
        self, tag: ImageTag, digest: Digest | None = None, since: datetime | None = None
    ) -> Query:
        """Submit the image for analysis (`addImage`); the document knows tags alone."""
        return Query(
            Step.ADD_IMAGE, "/images", starts_work=True, body=json.encode({"tag": str(tag)})
        )

    def read_check(self, body: bytearray) -> Evaluation | None:
        """The first evaluation; this dialect has neither problems nor mapping rules."""
        evaluations = json.decode(body, type=list[_PolicyEvaluation])
        if not evaluations:
            return None
        first = evaluations[0]
        return Evaluation(
            image_digest=first.image_digest,
            evaluated_tag=None,
            policy_id=first.policy_id,
            final_action=first.final_action,
            final_action_reason=first.final_action_reason,
            evaluated_at=first.created_at,
            mapped_to_rule=True,
            problems=(),
            findings_problem="this dialect's answer carries no findings",
        )


preload_decoders(list[_Image], _VulnerabilityReport, list[_PolicyEvaluation])
