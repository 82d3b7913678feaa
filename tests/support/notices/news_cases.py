"""The golden cases: situations in which somebody is called, or may go back to sleep."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from msgspec.structs import replace

from rescan.gate.model import Outcome, Severity, Step
from rescan.gate.report import Report
from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.image_tag import ImageTag
from rescan.kernel.team import UNROUTED
from rescan.kernel.ui_link import UiLink
from rescan.ledger.changes import Change, ChangedFinding, ClearedBy, ClearedFinding
from rescan.ledger.failing import Failing
from rescan.ledger.news import EndCause, News
from rescan.ledger.old_image import OldImage
from tests.support.notices import reports
from tests.support.notices.announced import (
    FIRST_STOP,
    NOW,
    PUSH,
    SCHEDULE,
    changed,
    changes,
    cleared,
    ended,
    expiring,
    go_until,
    held,
    not_evaluated,
    recovered,
    reminder,
    stop,
)
from tests.support.notices.reports import (
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
from tests.support.running import CONTEXTS, NOWHERE, running

FTPD = cleared("CVE-2013-2512+ftpd-0.2.1.gemspec", Severity.CRITICAL, ClearedBy.FIXED)
NSS_TOOLS = cleared("CVE-2020-25648+nss-tools", Severity.HIGH, ClearedBy.FIXED)
IN_A_WEEK = datetime(2026, 12, 1, tzinfo=UTC)
IN_TEN_DAYS = datetime(2026, 12, 4, 18, tzinfo=UTC)
NEXT_YEAR = datetime(2027, 1, 31, tzinfo=UTC)
NEVER_KNOWN = cleared("CVE-2023-52425+libexpat", None, ClearedBy.FIXED)
PORT = ClearedFinding(EXPOSED_PORT.key, None, ClearedBy.FIXED)


def new_and_known() -> News:
    """Two of six were not said before; the schedule found them."""
    new = frozenset(
        finding(what).key
        for what in ("CVE-2013-2512+ftpd-0.2.1.gemspec", "CVE-2020-25648+nss-tools")
    )
    raised = ChangedFinding(
        finding("CVE-2020-25648+nss-tools").key,
        Severity.HIGH,
        Change.SEVERITY_RAISED,
        before=Severity.MEDIUM,
    )
    return stop(
        replace(typical(), trigger=SCHEDULE),
        new=new,
        first_stop_at=FIRST_STOP,
        changes=changes(
            changed("CVE-2013-2512+ftpd-0.2.1.gemspec", Change.ADDED, Severity.CRITICAL),
            raised,
            changed("CVE-2023-52425+libexpat", Change.FIXED, Severity.HIGH),
        ),
    )


def linked() -> News:
    """Of a deployment that says how Anchore's UI forms its addresses."""
    link = UiLink.parse("https://anchore.example.com/images/{registry}/{repository}/{tag}")
    return replace(stop(reports.one_finding()), anchore_url=link.of(TAG, DIGEST))


def moved_tag() -> News:
    """A push moved the tag from an image that was good."""
    pushed = replace(reports.one_finding(), trigger=PUSH)
    return stop(
        pushed,
        previous_digest=OTHER_DIGEST,
        changes=changes(changed("CVE-2020-25648+nss-tools", Change.ADDED, Severity.HIGH)),
    )


def stopped_while_it_runs() -> News:
    """In more places than are named."""
    return stop(reports.exploited(), running=running(*CONTEXTS, total=12))


def an_old_one_runs() -> News:
    """The tag has moved on to an image that is good."""
    return stop(
        replace(reports.one_finding(), trigger=SCHEDULE),
        running=running("prod-eu/payments"),
        old=OldImage(DIGEST, OTHER_DIGEST, Outcome.GO),
    )


def an_old_one_is_unknown() -> News:
    """Nobody has analyzed what runs."""
    reason = f"{DIGEST} runs in prod-eu/payments, and Anchore does not know it"
    return not_evaluated(
        reason,
        FailureCause.NOT_FOUND,
        running=running("prod-eu/payments"),
        old=OldImage(DIGEST),
    )


def an_old_one_runs_no_longer() -> News:
    """It was redeployed."""
    return ended(
        cause=EndCause.NO_LONGER_RUNNING,
        asked_at=NOW - timedelta(hours=6),
        running=NOWHERE,
        old=OldImage(DIGEST),
    )


def still_stopped_and_nowhere() -> News:
    """The inventory is fresh, and does not name it."""
    return reminder(reports.one_finding(), changes=changes(), running=NOWHERE)


def still_stopped() -> News:
    """A reminder, after a day on which some of it was mended and the policy edited."""
    gone = [
        changed("CVE-2019-5435+curl", Change.FIXED, Severity.HIGH),
        changed("CVE-2019-5436+curl", Change.FIXED, Severity.HIGH),
        changed("CVE-2020-8927+brotli", Change.POLICY_CHANGED, Severity.MEDIUM),
        changed("CVE-2023-52425+libexpat", Change.ALLOWLISTED),
    ]
    return reminder(typical(), changes=changes(*gone, policy_changed=True))


def now_exploited() -> News:
    """One of three turns out to be exploited; since then it is due within three days."""
    said = replace(reports.exploited(), trigger=SCHEDULE)
    [glibc] = [found.key for found in said.blocking if found.known_exploited]
    ftpd = finding("CVE-2013-2512+ftpd-0.2.1.gemspec").key
    turned = ChangedFinding(glibc, Severity.HIGH, Change.EXPLOITED)
    return stop(
        said,
        new=frozenset([glibc]),
        first_stop_at=FIRST_STOP,
        changes=changes(turned),
        due={glibc: date(2026, 11, 27), ftpd: date(2026, 12, 5)},
    )


def overdue() -> News:
    """A reminder after the first of two dates."""
    said = reports.exploited()
    [glibc] = [found.key for found in said.blocking if found.known_exploited]
    ftpd = finding("CVE-2013-2512+ftpd-0.2.1.gemspec").key
    due = {glibc: date(2026, 11, 20), ftpd: date(2026, 12, 5)}
    return reminder(said, changes=changes(), due=due)


def still_denylisted() -> News:
    """A reminder that names no finding, and has nothing new to tell."""
    return reminder(reports.denylisted(), changes=changes())


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
        changes=changes(
            changed(FTPD.key.what, Change.NEW_DIGEST, Severity.CRITICAL),
            changed(NSS_TOOLS.key.what, Change.NEW_DIGEST, Severity.HIGH),
            changed("CVE-2023-52425+libexpat", Change.FIXED, Severity.HIGH),
        ),
    )


def allowlisted() -> News:
    """The one finding is still there, and will stop the image again in a week."""
    on_the_list = go_until(held(FTPD.key.what, IN_A_WEEK))
    return recovered(replace(FTPD, by=ClearedBy.ALLOWLISTED), report=on_the_list)


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


def ends_in_a_week() -> News:
    """One finding, with a fix, and one item."""
    return expiring(held("CVE-2020-25648+nss-tools", IN_A_WEEK))


def ends_differ() -> News:
    """Several items: two ends are near, one is not, one is over, one cannot be read."""
    return expiring(
        held("CVE-2013-2512+ftpd-0.2.1.gemspec", IN_TEN_DAYS),
        held(EXPOSED_PORT, IN_A_WEEK),
        held("CVE-2020-25648+nss-tools", IN_A_WEEK),
        held("CVE-2019-25013+glibc-common", NEXT_YEAR),
        held("CVE-2019-5435+curl", datetime(2026, 11, 24, tzinfo=UTC)),
        held("CVE-2023-52425+libexpat", None, ends=None),
    )


def hostile_end() -> News:
    """Names that would colour a terminal, turn text around, or break a line or XML."""
    name = "lib\x1b[31mred\u202egnp\u2066\ufffe.so\r\nSubject: all is well"
    return expiring(
        held(f"CVE-2020-25648+{name}", IN_A_WEEK),
        tag=ImageTag("registry.example.com", "zahlung/über-\u202eapi", "2.4.1\r\nBcc: x"),
    )


def stopped_and_more_to_come() -> News:
    """What an allowlist holds back is a remark where the image stops anyway."""
    said = reports.one_finding()
    assert said.evaluation is not None
    more = held("CVE-2013-2512+ftpd-0.2.1.gemspec", IN_A_WEEK)
    evaluated = replace(said.evaluation, allowlisted=(more,))
    return stop(replace(said, evaluation=evaluated))


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
    return not_evaluated(UNAUTHORIZED, FailureCause.CREDENTIALS)


def down_while_stopped() -> News:
    """The STOP stands."""
    since = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
    failing = Failing(since, Step.REGATE, UNREACHABLE, FailureCause.DOWN)
    return not_evaluated(
        UNREACHABLE, failing=failing, first_stop_at=FIRST_STOP, policy_id=POLICY_ID
    )


def no_longer_in_anchore() -> News:
    """It was stopped, and has not recovered."""
    reason = f"no longer in Anchore: Anchore has no active image with the tag {TAG}"
    failing = Failing(NOW, Step.FIND_ACTIVE_IMAGE, reason, FailureCause.GONE)
    return not_evaluated(reason, failing=failing, first_stop_at=FIRST_STOP)


def watched_tag_not_found() -> News:
    """The watch list names a tag that was never there."""
    tag = replace(TAG, repository="payment/api")
    reason = f"Anchore has no active image with the tag {tag}"
    return not_evaluated(reason, FailureCause.NOT_FOUND, tag=tag, team=UNROUTED)


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
    since = NOW - timedelta(hours=6)
    failing = Failing(since, Step.REGATE, reason, FailureCause.NOT_MAPPED)
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
    failing = Failing(NOW - timedelta(hours=30), Step.REGATE, reason, FailureCause.DOWN)
    return not_evaluated(
        reason,
        failing=failing,
        tag=ImageTag("registry.example.com", "zahlung/über-\u202eapi", "2.4.1\r\nBcc: x"),
    )


def no_longer_watched() -> News:
    """The policy that stopped it is not the one that the sweeps ask for."""
    return ended()


def hostile_end_of_a_stop() -> News:
    """Of the active policy, under another account's name for the image."""
    tag = ImageTag("registry.example.com", "zahlung/über-\u202eapi", "2.4.1\r\nBcc: x")
    return ended(tag=tag, policy_id=None, first_stop_at=None)


_FIRST_STOPS = (
    reports.typical,
    reports.one_finding,
    reports.exploited,
    reports.no_fix,
    reports.denylisted,
    reports.evaluation_problem,
    reports.details_not_available,
    reports.storm,
    reports.hostile_names,
    reports.superseded_push,
    reports.platforms,
    reports.findings_unreadable,
    reports.base_image,
    reports.long_names,
)


def _first(of: Callable[[], Report]) -> Callable[[], News]:
    return lambda: stop(of())


GOLDEN: dict[str, Callable[[], News]] = {
    **{f"stop_{case.__name__}": _first(case) for case in _FIRST_STOPS},
    "stop_new_and_known": new_and_known,
    "stop_moved_tag": moved_tag,
    "stop_linked": linked,
    "stop_and_more_to_come": stopped_and_more_to_come,
    "stop_now_exploited": now_exploited,
    "stop_running": stopped_while_it_runs,
    "reminder": still_stopped,
    "stop_old": an_old_one_runs,
    "ended_old": an_old_one_runs_no_longer,
    "not_evaluated_old": an_old_one_is_unknown,
    "reminder_nowhere": still_stopped_and_nowhere,
    "reminder_overdue": overdue,
    "reminder_denylisted": still_denylisted,
    "recovered_fixed": fixed,
    "recovered_new_digest": rebuilt,
    "recovered_allowlisted": allowlisted,
    "recovered_policy_changed": policy_changed,
    "recovered_many": many_cleared,
    "recovered_unknown": cleared_by_an_unknown,
    "recovered_hostile_names": hostile_recovery,
    "expiring": ends_in_a_week,
    "expiring_several": ends_differ,
    "expiring_hostile_names": hostile_end,
    "ended": no_longer_watched,
    "ended_hostile_names": hostile_end_of_a_stop,
    "not_evaluated_credentials": credentials_refused,
    "not_evaluated_while_stopped": down_while_stopped,
    "not_evaluated_gone": no_longer_in_anchore,
    "not_evaluated_not_found": watched_tag_not_found,
    "not_evaluated_no_mapping": no_mapping_rule,
    "not_evaluated_hostile_reason": hostile_reason,
}
