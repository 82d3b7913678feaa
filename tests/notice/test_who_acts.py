"""Base image or own layer: who has to act is said where Anchore tells the two apart."""

import pytest

from rescan.gate.blocking_findings import BlockingFinding
from rescan.notice.advice import ownership
from tests.support.notices.reports import finding

KEY = finding("CVE-1+lib").key
BASE, OWN, UNSAID = (
    BlockingFinding(key=KEY, gate="vulnerabilities", trigger="package", inherited_from_base=said)
    for said in (True, False, None)
)


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        pytest.param([], [], id="no-finding"),
        pytest.param([UNSAID] * 3, [], id="nobody-says"),
        pytest.param(
            [BASE],
            ["The finding comes from the base image: whoever maintains it acts, then a rebuild."],
            id="the-one",
        ),
        pytest.param(
            [OWN],
            ["The finding does not come from the base image: the image's own team acts."],
            id="the-one-is-own",
        ),
        pytest.param(
            [BASE] * 12,
            [
                "All 12 findings come from the base image: whoever maintains it acts, then a"
                " rebuild."
            ],
            id="all",
        ),
        pytest.param(
            [OWN] * 12,
            ["None of 12 findings comes from the base image: the image's own team acts."],
            id="none",
        ),
        pytest.param(
            [BASE] * 11 + [OWN],
            [
                "11 of 12 findings come from the base image: whoever maintains it acts, the"
                " image's own team on the own layers."
            ],
            id="most",
        ),
        pytest.param(
            [BASE, OWN, UNSAID, UNSAID],
            [
                "1 of 4 findings comes from the base image: whoever maintains it acts, the"
                " image's own team on the own layers. For 2, Anchore does not say."
            ],
            id="of-some-nobody-says",
        ),
        pytest.param(
            [OWN, UNSAID],
            [
                "None of 2 findings comes from the base image: the image's own team acts."
                " For 1, Anchore does not say."
            ],
            id="own-and-nobody-says",
        ),
    ],
)
def test_who_has_to_act_is_said(findings: list[BlockingFinding], expected: list[str]) -> None:
    assert list(ownership(findings, "finding")) == expected
