"""Why an image is not evaluated: told by the words of the errors themselves."""

import pytest
import requests
from urllib3.exceptions import NewConnectionError, ProtocolError, ReadTimeoutError

from rescan.anchore import error_mapping as failures
from rescan.gate.model import Step
from rescan.kernel.errors import AnchoreError
from rescan.ledger.news import FailureCause, News
from rescan.notice.outage import Outage
from tests.support.notices.announced import FIRST_STOP, NOW, not_evaluated
from tests.support.notices.news_cases import (
    credentials_refused,
    no_longer_in_anchore,
    watched_tag_not_found,
)
from tests.support.notices.said import notice_of

WHERE = "GET /images"


def answered(status: int, said: str = "no words") -> AnchoreError:
    """The error for an answer of Anchore's."""
    response = requests.Response()
    response.status_code = status
    return failures.of_status(response, said.encode(), step=Step.REGATE, request=WHERE)


def raised(exception: Exception) -> AnchoreError:
    """The error for a request that got no answer."""
    wrapped = requests.ConnectionError(exception)
    return failures.of_exception(wrapped, step=Step.REGATE, request=WHERE)


def tls() -> AnchoreError:
    """The error for a certificate of another CA."""
    wrong = requests.exceptions.SSLError("certificate verify failed: unable to get issuer (x)")
    return failures.of_exception(wrong, step=Step.REGATE, request=WHERE)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(answered(401), FailureCause.CREDENTIALS, id="401"),
        pytest.param(answered(403), FailureCause.FORBIDDEN, id="403"),
        pytest.param(answered(404), FailureCause.WRONG_ANSWER, id="404-of-a-wrong-url"),
        pytest.param(answered(302), FailureCause.WRONG_ANSWER, id="redirect"),
        pytest.param(answered(429), FailureCause.THROTTLED, id="429"),
        pytest.param(answered(500), FailureCause.DOWN, id="500"),
        pytest.param(answered(503), FailureCause.DOWN, id="503"),
        pytest.param(raised(ReadTimeoutError(None, "", "")), FailureCause.DOWN, id="timeout"),  # type: ignore[arg-type]
        pytest.param(raised(ProtocolError("reset")), FailureCause.DOWN, id="reset"),
        pytest.param(
            raised(NewConnectionError(None, "x: refused")),  # type: ignore[arg-type]
            FailureCause.DOWN,
            id="refused",
        ),
        pytest.param(tls(), FailureCause.CERTIFICATE, id="tls"),
    ],
)
def test_cause_is_read_from_the_words_of_the_error(
    error: AnchoreError, expected: FailureCause
) -> None:
    assert Outage.of(not_evaluated(str(error))).cause is expected


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("no longer in Anchore: Anchore has no active image with the tag a:1", FailureCause.GONE),
        ("Anchore has no active image with the tag a:1", FailureCause.NOT_FOUND),
        ("the analysis is not finished: analyzing", FailureCause.NOT_ANALYZED),
        (
            "Anchore has not caught up: the tag is on sha256:1, not sha256:2",
            FailureCause.NOT_ANALYZED,
        ),
        ("the analysis failed: Anchore must analyze the image again", FailureCause.ANALYSIS_FAILED),
        (
            "Anchore answered go, which does not count: no mapping rule of the policy matches",
            FailureCause.NOT_MAPPED,
        ),
        (
            "Anchore answered go, which does not count: the vulnerabilities were not refreshed:"
            f" {answered(500)}",
            FailureCause.DOWN,
        ),
        ("The secret arn cannot be read: AccessDenied.", FailureCause.CREDENTIALS),
        ("Anchore answered an unknown final action: 'maybe'", FailureCause.OTHER),
        ("", FailureCause.OTHER),
    ],
)
def test_cause_is_read_from_the_words_of_the_workflow(reason: str, expected: FailureCause) -> None:
    assert Outage.of(not_evaluated(reason)).cause is expected


WITH_STOP = {"first_stop_at": FIRST_STOP}


@pytest.mark.parametrize(
    ("news", "subject", "says"),
    [
        pytest.param(
            credentials_refused(),
            "NOT EVALUATED for 7 h: payments/api:2.4.1",
            "No STOP stands against it",
            id="error",
        ),
        pytest.param(
            not_evaluated("why", **WITH_STOP),
            "NOT EVALUATED for 7 h, still STOP: payments/api:2.4.1",
            "STOP, since 2026-11-20",
            id="error-while-stopped",
        ),
        pytest.param(
            no_longer_in_anchore(),
            "NOT EVALUATED, no longer in Anchore, still STOP: payments/api:2.4.1",
            "STOP, since 2026-11-20",
            id="gone",
        ),
        pytest.param(
            watched_tag_not_found(),
            "NOT EVALUATED for 7 h, not in Anchore: payment/api:2.4.1",
            "No STOP stands against it",
            id="watched",
        ),
    ],
)
def test_standing_stop_is_said_in_subject_first_line_and_second_paragraph(
    news: News, subject: str, says: str
) -> None:
    notice = notice_of(news)
    first, second, *_ = notice.body.split("\n\n")
    assert (notice.subject, first.split("\n")[0]) == (subject, f"{subject}.")
    assert says in second.replace("\n", " ")


@pytest.mark.parametrize("news", [no_longer_in_anchore(), watched_tag_not_found()])
def test_image_that_anchore_does_not_have_is_not_promised_another_try(news: News) -> None:
    assert "tried again" not in notice_of(news).body


def test_step_that_nobody_knows_is_shown_as_it_is() -> None:
    news = not_evaluated("why")
    assert news.failing is not None
    body = notice_of(not_evaluated("why", failing=type(news.failing)(NOW, "submit", "why"))).body
    assert "\nStep       submit\n" in body
