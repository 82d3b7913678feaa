"""News drawn by hypothesis."""

from datetime import UTC, datetime, timedelta
from typing import get_args

from hypothesis import strategies as st
from msgspec import Raw, json
from msgspec.structs import replace

from rescan.gate.evaluation import Allowlisted, Evaluation, Finding, FindingKey, RuleSet
from rescan.gate.model import Outcome, Severity, Vulnerability
from rescan.gate.platforms import together
from rescan.gate.report import Report
from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.image_tag import ImageTag
from rescan.ledger.changes import Change, ChangedFinding, Changes, ClearedBy, ClearedFinding
from rescan.ledger.failing import Failing
from rescan.ledger.news import EndCause, EventType, ImageEvent, News
from tests.support.notices.announced import held
from tests.support.notices.reports import DIGEST, OTHER_DIGEST, listed, report

# Surrogates included: JSON can carry half of one in an escape.
TEXT = st.text(st.characters(exclude_categories=()), max_size=300)
# What ids are made of: no event and no answer with a surrogate in these is accepted.
NAME = st.text(max_size=300)


MAYBE = st.none() | TEXT


# As JSON may hold them; a text that is no address, or nearly one, is the worst for a link.
ADDRESSES = st.builds("{}{}".format, st.sampled_from(["", "http://", "https://a.io/"]), NAME)
VALUES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | ADDRESSES,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["epss", "percentile", "is_kev", "cvss_v3", "base_score"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=4,
)
KEPT = VALUES.map(lambda value: Raw(json.encode(value)))


ROWS = st.builds(
    Vulnerability,
    vuln=MAYBE,
    severity=MAYBE | st.sampled_from(["Critical", "low"]),
    package=MAYBE,
    package_name=MAYBE,
    package_version=MAYBE,
    package_path=MAYBE,
    fix=MAYBE,
    will_not_fix=st.none() | st.booleans(),
    inherited_from_base=st.none() | st.booleans(),
    url=KEPT,
    nvd_data=KEPT,
    vendor_data=KEPT,
    is_kev=KEPT,
    epss=KEPT,
    suggested_fix_version=KEPT,
    annotation_status=KEPT,
    detected_at=KEPT,
)


@st.composite
def stopped(draw: st.DrawFn) -> Report:
    """A STOP in which every text is arbitrary, and the findings name its rows."""
    rows = draw(st.lists(ROWS, max_size=4))
    named = [f"{row.vuln}+{row.package_name}" for row in rows]
    findings = st.builds(
        Finding,
        gate=st.just("vulnerabilities") | TEXT,
        trigger=TEXT,
        trigger_id=st.sampled_from(["", *named]) | TEXT,
        message=TEXT,
        action=st.just("stop"),
        policy_id=TEXT,
        rule_id=TEXT,
        recommendation=MAYBE,
        inherited_from_base=st.none() | st.booleans(),
    )
    evaluated = Evaluation(
        image_digest=DIGEST,
        evaluated_tag=None,
        policy_id=draw(MAYBE),
        policy_name=draw(MAYBE),
        rule_sets=tuple(draw(st.lists(st.builds(RuleSet, TEXT, TEXT), max_size=2))),
        final_action="stop",
        final_action_reason=draw(st.sampled_from([None, "denylisted"])),
        evaluated_at=draw(MAYBE),
        findings=tuple(draw(st.lists(findings, max_size=4))),
        findings_problem=draw(MAYBE),
    )
    return report(
        evaluated,
        tag=ImageTag(draw(NAME), draw(NAME), draw(NAME)),
        reason=draw(TEXT),
        notes=(draw(TEXT),),
        vulnerabilities=draw(st.none() | st.just(listed(*rows))),
        vulnerabilities_problem=draw(MAYBE),
    )


@st.composite
def of_platforms(draw: st.DrawFn, said: Report) -> Report:
    """The report, or one of an image that has other platforms besides, which decide nothing."""
    others = [
        replace(said, outcome=Outcome.NOT_EVALUATED, reason=draw(TEXT), platform=name, needed=False)
        for name in draw(st.lists(TEXT, max_size=2))
    ]
    if not others or not said.outcome.is_verdict:
        return said
    return together((replace(said, platform=draw(TEXT)), *others))


TIMES = st.datetimes(timezones=st.just(UTC))


KEYS = st.builds(FindingKey, TEXT, st.just("vulnerabilities") | TEXT, TEXT, TEXT)


CLEARED = st.builds(
    ClearedFinding, KEYS, st.none() | st.sampled_from(Severity), st.sampled_from(ClearedBy)
)


OUTCOMES = {
    EventType.STOP: [Outcome.STOP],
    EventType.REMINDER: [Outcome.STOP],
    EventType.RECOVERED: [Outcome.GO, Outcome.WARN],
    EventType.NOT_EVALUATED: [Outcome.NOT_FOUND, Outcome.PENDING, Outcome.NOT_EVALUATED],
    EventType.EXPIRING: [Outcome.GO, Outcome.WARN],
    EventType.ENDED: [Outcome.STOP],
}


CHANGED = st.builds(
    ChangedFinding,
    KEYS,
    st.none() | st.sampled_from(Severity),
    st.sampled_from(Change),
    st.none() | st.sampled_from(Severity),
)


CHANGES = st.builds(
    Changes, TIMES, st.booleans(), st.lists(CHANGED, max_size=4).map(tuple), st.integers(0, 10**6)
)


HELD = st.builds(
    Allowlisted,
    st.builds(
        Finding,
        gate=st.just("vulnerabilities") | TEXT,
        trigger=TEXT,
        trigger_id=TEXT,
        action=st.sampled_from(["stop", "STOP", "warn"]),
        allowlisted=st.just(True),
    ),
    TEXT,
    st.sampled_from([None, False, True]),
    st.none() | TIMES,
    TEXT,
)


FAILING = st.builds(Failing, TIMES, TEXT, TEXT, st.sampled_from(FailureCause))
KINDS: dict[ImageEvent, type[News]] = {kind.event_type: kind for kind in get_args(News)}


@st.composite
def any_news(draw: st.DrawFn, event_type: ImageEvent) -> News:
    """News of the kind, with a report in which every text is arbitrary."""
    said = draw(stopped())
    keys = [finding.key for finding in (said.evaluation.findings if said.evaluation else ())]
    at = draw(st.datetimes(max_value=datetime(9999, 12, 1), timezones=st.just(UTC)))  # noqa: DTZ001
    items = draw(st.lists(HELD, max_size=4))
    if event_type is EventType.EXPIRING:
        items.append(held("what an EXPIRING is about", at + timedelta(days=1)))
    if said.evaluation is not None:
        reason = "policy_evaluation" if event_type is EventType.EXPIRING else None
        kept = said.evaluation.final_action_reason
        evaluated = replace(
            said.evaluation, allowlisted=tuple(items), final_action_reason=reason or kept
        )
        said = replace(said, evaluation=evaluated)
    said = replace(said, outcome=draw(st.sampled_from(OUTCOMES[event_type])))
    said = draw(of_platforms(said))
    is_ended = event_type is EventType.ENDED
    without = is_ended or (event_type is EventType.NOT_EVALUATED and draw(st.booleans()))
    facts = {
        "id": draw(TEXT),
        "tag": said.tag,
        "trigger": said.trigger,
        "at": at,
        "policy_id": draw(st.none() | NAME),
        "team": draw(TEXT),
        "report": None if without else said,
        "new": draw(st.none() | st.frozensets(st.sampled_from(keys) if keys else KEYS)),
        "first_stop_at": draw(st.none() | TIMES),
        "previous_digest": draw(st.sampled_from([None, OTHER_DIGEST])),
        "policy_changed": draw(st.booleans()),
        "cleared": tuple(draw(st.lists(CLEARED, max_size=4))),
        "cleared_total": draw(st.integers(0, 10**6)),
        "changes": draw(st.none() | CHANGES),
        "failing": draw(FAILING),
        "cause": EndCause.NO_LONGER_WATCHED,
        "asked_at": draw(TIMES),
    }
    kind = KINDS[event_type]
    return kind(**{name: facts[name] for name in kind.__struct_fields__ if name in facts})  # type: ignore[arg-type]
