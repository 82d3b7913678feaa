"""Anchore Enterprise v2 as its servers speak it.

Source: Anchore's OpenAPI 2.13.0 (`list_images`, `get_image_vulnerabilities_by_digest`,
`get_image_policy_check_by_digest`); it requires no field of a list's records. Fields that a STOP
does not depend on are read leniently: one that changed its type must not lose the STOP.
"""

from datetime import datetime
from hashlib import sha256
from typing import Any

from msgspec import Raw, Struct, ValidationError, json

from rescan.anchore.allowlists import AllowlistItems
from rescan.anchore.image_records import image_records
from rescan.anchore.transport import Query
from rescan.gate.evaluation import Allowlisted, Evaluation, Finding, Problem, RuleSet
from rescan.gate.model import ImageRecord, Step, Vulnerability, VulnerabilityList
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.kernel.json_decoding import MALFORMED, NULL, lenient, preload_decoders
from rescan.kernel.safe_text import one_line


class _VulnerabilityList(Struct, frozen=True):
    vulnerabilities: list[Vulnerability]
    image_digest: str | None = None


class _Details(Struct, frozen=True):
    findings: list[Raw] | None = None
    policy: Raw = NULL


class _Policy(Struct, frozen=True):
    name: Raw = NULL
    rule_sets: Raw = NULL


class _ReadDetails(Struct, frozen=True):
    """The findings that can be read, the problem with the others, and facts of the policy."""

    findings: tuple[Finding, ...] = ()
    problem: str | None = None
    policy_digest: str | None = None
    allowlisted: tuple[Allowlisted, ...] = ()
    policy_name: str | None = None
    rule_sets: tuple[RuleSet, ...] = ()


class _Evaluation(Struct, frozen=True):
    final_action: str
    final_action_reason: Raw = NULL
    evaluation_time: Raw = NULL
    evaluation_problems: Raw = NULL
    image_mapped_to_rule: Raw = NULL
    matched_mapping_rule: Raw = NULL
    details: Raw = NULL


class _Check(Struct, frozen=True):
    image_digest: str
    evaluated_tag: str
    evaluations: list[_Evaluation]
    policy_id: Raw = NULL


class EnterpriseDialect(Struct, frozen=True):
    """The options of requests that the deployment chooses.

    `vendor_only` leaves out what the vendor will not fix, as the gate itself does. `base_image`
    asks Anchore (5.7 and later) which findings are inherited from the base image.
    `team_annotation` names the annotation of an image that holds its team.
    """

    vendor_only: bool = True
    base_image: bool = False
    team_annotation: str | None = None

    def images(self, tag: ImageTag, *, history: bool = False) -> Query:
        """The active images under the tag; without `history` only the newest."""
        parameters = {"full_tag": str(tag), "image_status": "active"}
        if history:
            parameters["history"] = "true"
        return Query(Step.FIND_ACTIVE_IMAGE, "/images", parameters)

    def read_images(self, body: bytearray) -> list[ImageRecord]:
        """The records, each with all its tags."""
        return image_records(body, self.team_annotation)

    def vulnerabilities(self, digest: Digest, vtype: str, *, forced: bool) -> Query:
        """The image's vulnerabilities; `forced` makes the server scan again first."""
        parameters = {"force_refresh": "true"} if forced else {}
        parameters["vendor_only"] = "true" if self.vendor_only else "false"
        path = f"/images/{digest}/vuln/{vtype}"
        parameters |= self._base_digest()
        return Query(Step.REFRESH_VULNERABILITIES, path, parameters, starts_work=forced)

    def read_vulnerabilities(self, body: bytearray, digest: Digest) -> VulnerabilityList:
        """The rows; ValidationError for a list about another image."""
        answer = json.decode(body, type=_VulnerabilityList)
        if answer.image_digest is not None and answer.image_digest.lower() != digest.lower():
            answered = one_line(answer.image_digest, 100)
            raise ValidationError(f"the list is about another image: {answered}")
        return VulnerabilityList(answer.vulnerabilities, body)

    def check(self, digest: Digest, tag: ImageTag, policy_id: str | None) -> Query:
        """Evaluate the policy (None: the active one); `tag` is required, and not verified."""
        parameters = {"tag": str(tag)}
        if policy_id is not None:
            parameters["policy_id"] = policy_id
        parameters |= self._base_digest()
        return Query(Step.REGATE, f"/images/{digest}/check", parameters, counted=b",")

    def read_check(self, body: bytearray) -> Evaluation | None:
        """The newest evaluation; without `history` the server answers only that one."""
        check = json.decode(body, type=_Check)
        if not check.evaluations:
            return None
        newest = check.evaluations[0]
        details = _details(newest.details, newest.matched_mapping_rule)
        return Evaluation(
            image_digest=check.image_digest,
            evaluated_tag=check.evaluated_tag,
            policy_id=_policy_id(check.policy_id),
            final_action=newest.final_action,
            final_action_reason=lenient(newest.final_action_reason, str),
            evaluated_at=lenient(newest.evaluation_time, str),
            mapped_to_rule=lenient(newest.image_mapped_to_rule, bool),
            policy_digest=details.policy_digest,
            problems=lenient(newest.evaluation_problems, tuple[Problem, ...]),
            findings=details.findings,
            findings_problem=details.problem,
            allowlisted=details.allowlisted,
            policy_name=details.policy_name,
            rule_sets=details.rule_sets,
        )

    def submission(
        self, tag: ImageTag, digest: Digest | None = None, since: datetime | None = None
    ) -> Query:
        """Submit the image for analysis (`add_image`); the answer is not used.

        By its digest it is dated `since`: as of now the tag would move back to it.
        """
        source: dict[str, Any] = {"tag": {"pull_string": str(tag)}}
        if digest is not None:
            name = f"{tag.registry}/{tag.repository}@{digest}"
            dated = {"creation_timestamp_override": since} if since else {}
            source = {"digest": {"pull_string": name, "tag": str(tag), **dated}}
        body = json.encode({"source": source})
        return Query(Step.ADD_IMAGE, "/images", starts_work=True, body=body)

    def _base_digest(self) -> dict[str, str]:
        return {"base_digest": "auto"} if self.base_image else {}


def _policy_id(raw: Raw) -> str | None:
    """The id; one of another type as its JSON, so that it never equals the id asked for."""
    try:
        return json.decode(raw, type=str | None)
    except MALFORMED:
        return one_line(bytes(raw).decode(errors="replace"), 100)


def _details(details: Raw, mapping: Raw) -> _ReadDetails:
    try:
        answer = json.decode(details, type=_Details | None)
    except MALFORMED as error:
        return _ReadDetails(problem=f"the details are not readable: {error}")
    if answer is None or answer.findings is None:
        return _ReadDetails(problem="the answer carries no findings")
    items = AllowlistItems(answer.policy, mapping)
    findings: list[Finding] = []
    held: list[Allowlisted] = []
    # One at a time: a second list of a hostile million would not fit into memory.
    for raw in answer.findings:
        if (finding := lenient(raw, Finding)) is not None:
            findings.append(finding)
            held += items.holding(finding, raw) if finding.allowlisted else ()
    unread = len(answer.findings) - len(findings)
    problem = f"{unread} of {len(answer.findings)} findings are not readable" if unread else None
    policy = lenient(answer.policy, _Policy) or _Policy()
    return _ReadDetails(
        findings=tuple(findings),
        problem=problem,
        policy_digest=_policy_digest(answer.policy),
        allowlisted=tuple(held),
        policy_name=lenient(policy.name, str) or None,
        rule_sets=_rule_sets(policy.rule_sets),
    )


def _rule_sets(raw: Raw) -> tuple[RuleSet, ...]:
    """Those with an id and a name that can be read."""
    read = (lenient(item, RuleSet) for item in lenient(raw, list[Raw]) or ())
    return tuple(rule_set for rule_set in read if rule_set and rule_set.id and rule_set.name)


def _policy_digest(policy: Raw) -> str | None:
    """A digest of the policy document, whatever the order of its keys; None without one."""
    document = lenient(policy, object)
    if document is None:
        return None
    return sha256(json.encode(document, order="sorted")).hexdigest()


preload_decoders(_VulnerabilityList, _Check, _Details, _Policy, RuleSet, Finding, Problem)
