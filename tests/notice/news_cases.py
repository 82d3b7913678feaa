"""The golden cases: situations in which somebody is called, or may go back to sleep."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from rescan.image_tag import ImageTag
from rescan.model import Outcome, Report, Severity, Step
from rescan.news import ClearedBy, ClearedFinding, Failing, News
from rescan.team import UNROUTED
from tests.notice import reports
from tests.notice.announced import (
    FIRST_STOP,
    NOW,
    PUSH,
    SCHEDULE,
    cleared,
    not_evaluated,
    recovered,
    reminder,
    stop,
)
from tests.notice.reports import (
    DIGEST,
    EXPOSED_PORT,
    OTHER_DIGEST,
    POLICY_ID,
    TAG,
    evaluation,
    finding,
    report,
    typical,
)

FTPD = cleared("CVE-2013-2512+ftpd-0.2.1.gemspec", Severity.CRITICAL, ClearedBy.FIXED)
NSS_TOOLS = cleared("CVE-2020-25648+nss-tools", Severity.HIGH, ClearedBy.FIXED)
NEVER_KNOWN = cleared("CVE-2023-52425+libexpat", None, ClearedBy.FIXED)
PORT = ClearedFinding(EXPOSED_PORT.key, None, ClearedBy.FIXED)


def new_and_known() -> News:
    """Two of six were not said before; the schedule found them."""
    new = frozenset(
        finding(what).key
        for what in ("CVE-2013-2512+ftpd-0.2.1.gemspec", "CVE-2020-25648+nss-tools")
    )
    return stop(replace(typical(), trigger=SCHEDULE), new=new, first_stop_at=FIRST_STOP)


def moved_tag() -> News:
    """A push moved the tag from an image that was good."""
    pushed = replace(reports.one_finding(), trigger=PUSH)
    return stop(pushed, previous_digest=OTHER_DIGEST)


def still_stopped() -> News:
    """A reminder."""
    return reminder(typical())


def still_denylisted() -> News:
    """A reminder that names no finding."""
    return reminder(reports.denylisted())


def fixed() -> News:
    """The same digest: the vendor's data changed, and the port was never a number."""
    return recovered(FTPD, NSS_TOOLS, NEVER_KNOWN, PORT)


def rebuilt() -> News:
    """A push of a rebuilt image."""
    return recovered(
        replace(FTPD, by=ClearedBy.NEW_DIGEST),
        replace(NSS_TOOLS, by=ClearedBy.NEW_DIGEST),
        previous_digest=OTHER_DIGEST,
        trigger=PUSH,
    )


def allowlisted() -> News:
    """The one finding is still there."""
    return recovered(replace(FTPD, by=ClearedBy.ALLOWLISTED))


def policy_changed() -> News:
    """And the policy warns where it stopped."""
    warned = recovered(
        replace(FTPD, by=ClearedBy.POLICY_CHANGED), replace(PORT, by=ClearedBy.POLICY_CHANGED)
    )
    warn = report(
        evaluation(final_action="warn"),
        outcome=Outcome.WARN,
        final_action="warn",
        reason="the policy evaluation says warn",
        trigger=SCHEDULE,
    )
    return replace(warned, report=warn)


def many_cleared() -> News:
    """1,200 stopped the image, 500 of which were remembered: two in five were not fixed."""
    causes = (
        ClearedBy.FIXED,
        ClearedBy.ALLOWLISTED,
        ClearedBy.FIXED,
        ClearedBy.POLICY_CHANGED,
        ClearedBy.FIXED,
    )
    remembered = [
        cleared(
            f"CVE-2026-{number:05}+package-{number:05}",
            Severity.CRITICAL if number < 50 else Severity.HIGH,
            causes[number % 5],
        )
        for number in range(500)
    ]
    return recovered(*remembered, cleared_total=1_200)


def cleared_by_an_unknown() -> News:
    """The STOP had no findings: a problem of Anchore's, which is gone."""
    return recovered()


UNAUTHORIZED = (
    "findActiveImage: HTTP 401 'Unauthorized' (GET /images?full_tag=...)."
    " Check the secret: its user, password or token."
)
UNREACHABLE = (
    "regate: no whole answer came in time"
    f" (GET /images/{DIGEST}/check?tag=payments%2Fapi%3A2.4.1&detail=true)."
)


def credentials_refused() -> News:
    """Nothing is known of a STOP, and everything fails."""
    return not_evaluated(UNAUTHORIZED)


def down_while_stopped() -> News:
    """The STOP stands."""
    failing = Failing(datetime(2026, 11, 22, 12, 30, tzinfo=UTC), Step.REGATE, UNREACHABLE)
    return not_evaluated(
        UNREACHABLE, failing=failing, first_stop_at=FIRST_STOP, policy_id=POLICY_ID
    )


def no_longer_in_anchore() -> News:
    """It was stopped, and has not recovered."""
    reason = f"no longer in Anchore: Anchore has no active image with the tag {TAG}"
    failing = Failing(NOW, Step.FIND_ACTIVE_IMAGE, reason)
    return not_evaluated(reason, failing=failing, first_stop_at=FIRST_STOP)


def watched_tag_not_found() -> News:
    """The watch list names a tag that was never there."""
    tag = replace(TAG, repository="payment/api")
    reason = f"Anchore has no active image with the tag {tag}"
    return not_evaluated(reason, tag=tag, team=UNROUTED)


def no_mapping_rule() -> News:
    """An answer that does not count; it is known which image was asked about."""
    reason = (
        "Anchore answered go, which does not count: no mapping rule of the policy matches the image"
    )
    answered = report(
        evaluation(final_action="go", mapped_to_rule=False),
        outcome=Outcome.NOT_EVALUATED,
        final_action=None,
        reason=reason,
    )
    failing = Failing(NOW - timedelta(hours=6), Step.REGATE, reason)
    return not_evaluated(reason, failing=failing, report=answered)


def hostile_recovery() -> News:
    """Names that would colour a terminal, turn text around, or break a line or XML."""
    name = "lib\x1b[31mred\u202egnp\u2066\ufffe.so\r\nSubject: all is well"
    return recovered(
        cleared(f"CVE-2020-25648+{name}", Severity.HIGH, ClearedBy.ALLOWLISTED),
        tag=ImageTag("registry.example.com", "zahlung/über-\u202eapi", "2.4.1\r\nBcc: x"),
    )


def hostile_reason() -> News:
    """What a server said, quoted by an error."""
    reason = "regate: HTTP 500 '\x1b[31m<html>\u202eoops\x00\r\nSubject: all is well\ud83d'"
    failing = Failing(NOW - timedelta(hours=30), Step.REGATE, reason)
    return not_evaluated(
        reason,
        failing=failing,
        tag=ImageTag("registry.example.com", "zahlung/über-\u202eapi", "2.4.1\r\nBcc: x"),
    )


_FIRST_STOPS = (
    reports.typical,
    reports.one_finding,
    reports.no_fix,
    reports.denylisted,
    reports.evaluation_problem,
    reports.details_not_available,
    reports.storm,
    reports.hostile_names,
    reports.superseded_push,
    reports.findings_unreadable,
)


def _first(of: Callable[[], Report]) -> Callable[[], News]:
    return lambda: stop(of())


GOLDEN: dict[str, Callable[[], News]] = {
    **{f"stop_{case.__name__}": _first(case) for case in _FIRST_STOPS},
    "stop_new_and_known": new_and_known,
    "stop_moved_tag": moved_tag,
    "reminder": still_stopped,
    "reminder_denylisted": still_denylisted,
    "recovered_fixed": fixed,
    "recovered_new_digest": rebuilt,
    "recovered_allowlisted": allowlisted,
    "recovered_policy_changed": policy_changed,
    "recovered_many": many_cleared,
    "recovered_unknown": cleared_by_an_unknown,
    "recovered_hostile_names": hostile_recovery,
    "not_evaluated_credentials": credentials_refused,
    "not_evaluated_while_stopped": down_while_stopped,
    "not_evaluated_gone": no_longer_in_anchore,
    "not_evaluated_not_found": watched_tag_not_found,
    "not_evaluated_no_mapping": no_mapping_rule,
    "not_evaluated_hostile_reason": hostile_reason,
}
