"""Whatever images and servers call themselves, SNS takes the notice and the schema its result."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from rescan.image_tag import ImageTag
from rescan.model import Evaluation, Finding, Report, Vulnerability
from rescan.notice.stop_notice import stop_notice
from tests.notice.reports import DIGEST, listed, report
from tests.notice.test_result import errors

# Surrogates included: JSON can carry half of one in an escape.
TEXT = st.text(st.characters(exclude_categories=()), max_size=300)
MAYBE = st.none() | TEXT
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
        final_action="stop",
        final_action_reason=draw(st.sampled_from([None, "denylisted"])),
        evaluated_at=draw(MAYBE),
        findings=tuple(draw(st.lists(findings, max_size=4))),
        findings_problem=draw(MAYBE),
    )
    return report(
        evaluated,
        tag=ImageTag(draw(TEXT), draw(TEXT), draw(TEXT)),
        reason=draw(TEXT),
        notes=(draw(TEXT),),
        vulnerabilities=draw(st.none() | st.just(listed(*rows))),
        vulnerabilities_problem=draw(MAYBE),
    )


@given(stopped())
@settings(max_examples=100, deadline=None, database=None, derandomize=True)
def test_any_stop_can_be_announced(report: Report) -> None:
    notice = stop_notice(report)
    assert notice.problems() == []
    assert errors(json.loads(notice.attributes["result"])) == []
