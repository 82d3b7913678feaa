"""The golden groups: what many images make of one window, put together as the publisher does."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta

from msgspec.structs import replace

from rescan.gate.evaluation import Finding
from rescan.gate.model import Severity, Vulnerability
from rescan.gate.report import Report
from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.ledger.changes import Change, ChangedFinding, ClearedBy
from rescan.ledger.news import News
from rescan.outbox.group import Group
from rescan.outbox.grouping import GroupingRules, plan, storm_after
from rescan.outbox.items import Channel, PendingNotice
from tests.support.notices.announced import (
    FIRST_STOP,
    NOW,
    SCHEDULE,
    changes,
    cleared,
    expiring,
    held,
    not_evaluated,
    recovered,
    reminder,
    stop,
)
from tests.support.notices.outbox_texts import envelope_of
from tests.support.notices.reports import (
    EXPOSED_PORT,
    GLIBC,
    KEV_GLIBC,
    NSS_TOOLS,
    TAG,
    evaluation,
    finding,
    listed,
    report,
    row,
)
from tests.support.running import CONTEXTS, NOWHERE, running

RULES = GroupingRules(digest_above=10, window=timedelta(seconds=60))
OPENSSL = row("CVE-2026-1234", "Critical", "openssl", "3.0.11-1", fix="3.0.18")
REPOSITORIES = ("payments/api", "payments/jobs", "payments/ledger", "batch/nightly", "tools/cli")

Stops = Callable[[int], tuple[Finding, ...]]


def tags(numbers: range, repositories: tuple[str, ...] = REPOSITORIES) -> list[ImageTag]:
    """The n-th image; the first repositories have more of them than the last ones."""
    named = [name for place, name in enumerate(repositories) for _ in range(2 ** (4 - place))]
    return [
        ImageTag(TAG.registry, named[number % len(named)], f"2.{number}.0") for number in numbers
    ]


def about(news: News, number: int, tag: ImageTag) -> News:
    """The same of another image, a second later each."""
    digest = Digest(f"sha256:{number + 1:064x}")
    moved = news.report and replace(news.report, tag=tag, image_digest=digest)
    at = news.at + number * timedelta(seconds=1)
    return replace(news, id=f"{number + 1:032x}", subject=str(tag), tag=tag, at=at, report=moved)


def stopped(*found: Finding, rows: Iterable[Vulnerability] = (), **fields: object) -> Report:
    """A STOP by the schedule."""
    rows = (OPENSSL, NSS_TOOLS, GLIBC, *rows)
    return report(
        evaluation(*found, **fields), trigger=SCHEDULE, reason="", vulnerabilities=listed(*rows)
    )


def openssl(number: int) -> tuple[Finding, ...]:
    """The same finding in each; a few have others besides."""
    found = [finding("CVE-2026-1234+openssl")]
    found += [finding("CVE-2020-25648+nss-tools")] if number % 3 == 0 else []
    found += [EXPOSED_PORT] if number % 9 == 0 else []
    return tuple(found)


def waiting(newses: Iterable[News]) -> list[PendingNotice]:
    """As they wait in the outbox."""
    return [PendingNotice(Channel.STOPS, envelope_of(news)) for news in newses]


def group_of(newses: Iterable[News]) -> Group:
    """The one message that the publisher makes of them."""
    (group,) = plan(waiting(newses), {}, RULES, NOW + RULES.collected + RULES.window).groups
    return group


def stops(numbers: range, found: Stops = openssl) -> list[News]:
    """So many images that stop."""
    return [
        about(stop(stopped(*found(number))), number, tag)
        for number, tag in zip(numbers, tags(numbers), strict=True)
    ]


def of_one_finding() -> Group:
    """A new CVE stops 37 images, some of which have other findings besides."""
    return group_of(stops(range(37)))


def more_of_it() -> Group:
    """Twelve more, a quarter of an hour later."""
    storm = storm_after(of_one_finding(), {}, RULES, NOW)
    assert storm is not None
    later = NOW + timedelta(minutes=15)
    newses = [replace(news, at=later) for news in stops(range(37, 49))]
    (group,) = plan(waiting(newses), {storm.id: storm}, RULES, later).groups
    return group


def without_a_fix() -> Group:
    """Eleven images stop on what has none."""
    return group_of(stops(range(11), lambda number: (finding("CVE-2019-25013+glibc-common"),)))


def of_a_policy() -> Group:
    """Somebody edits the policy: 52 images stop, on whatever they have."""
    found = [
        finding("CVE-2019-25013+glibc-common"),
        finding("CVE-2020-25648+nss-tools"),
        EXPOSED_PORT,
    ]
    edited = [
        about(
            stop(stopped(found[number % 3], policy_digest="edited"), policy_changed=True),
            number,
            tag,
        )
        for number, tag in enumerate(tags(range(52)))
    ]
    return group_of(edited)


def of_exploits() -> Group:
    """Twelve images stop, each for a reason of its own, two of which are exploited."""
    newses = []
    for number, tag in enumerate(tags(range(12))):
        exploited = [finding("CVE-2023-4911+glibc-common")] if number in (4, 9) else []
        own = row(f"CVE-2026-{number:04}", "Critical", f"lib{number}", "1.0", is_kev=False)
        said = stopped(
            finding(f"{own.vuln}+{own.package_name}"),
            *exploited,
            rows=[own, KEV_GLIBC],
            policy_name="Production",
        )
        newses.append(about(stop(said), number, tag))
    return group_of(newses)


def of_an_exploit() -> Group:
    """The finding that has stopped 12 images for days turns out to be exploited."""
    said = stopped(finding("CVE-2023-4911+glibc-common"), rows=[KEV_GLIBC])
    [glibc] = [found.key for found in said.blocking]
    news = stop(
        said,
        new=frozenset([glibc]),
        first_stop_at=FIRST_STOP,
        changes=changes(ChangedFinding(glibc, Severity.HIGH, Change.EXPLOITED)),
        due={glibc: date(2026, 11, 27)},
    )
    return group_of(about(news, number, tag) for number, tag in enumerate(tags(range(12))))


def of_nothing_in_common() -> Group:
    """Twelve images stop, each for a reason of its own."""
    severities = ("Critical", "High", "Medium")
    newses = []
    for number, tag in enumerate(tags(range(12))):
        severity, fix = severities[number % 3], "1.1" if number % 2 else "None"
        own = row(f"CVE-2026-{number:04}", severity, f"lib{number}", "1.0", fix=fix)
        said = stopped(finding(f"{own.vuln}+{own.package_name}"), rows=[own])
        newses.append(about(stop(said), number, tag))
    return group_of(newses)


def of_which_some_run() -> Group:
    """Five of 37 run, one of them in more places than are named."""
    newses = stops(range(37))
    for number, context in ((3, 0), (9, 0), (20, 1), (36, 0)):
        newses[number] = replace(newses[number], running=running(CONTEXTS[context]))
    newses[30] = replace(newses[30], running=running(*CONTEXTS, total=5))
    newses[31] = replace(newses[31], running=NOWHERE)
    return group_of(newses)


def of_reminders() -> Group:
    """Nobody has mended anything."""
    said = stopped(finding("CVE-2026-1234+openssl"))
    news = reminder(said, first_stop_at=FIRST_STOP)
    return group_of(about(news, number, tag) for number, tag in enumerate(tags(range(37))))


def of_recoveries() -> Group:
    """A newer base image: the 37 are good again."""
    gone = cleared("CVE-2026-1234+openssl", Severity.CRITICAL, ClearedBy.NEW_DIGEST)
    news = recovered(gone)
    return group_of(about(news, number, tag) for number, tag in enumerate(tags(range(37))))


def of_a_policy_taken_back() -> Group:
    """The policy's owner takes the edit back."""
    gone = cleared("CVE-2019-25013+glibc-common", Severity.HIGH, ClearedBy.POLICY_CHANGED)
    port = replace(gone, key=EXPOSED_PORT.key, severity=None)
    newses = []
    for number, tag in enumerate(tags(range(52))):
        news = recovered((gone, port)[number % 2], policy_changed=True)
        assert news.report is not None
        assert news.report.evaluation is not None
        evaluated = replace(news.report.evaluation, policy_digest="as it was")
        news = replace(news, report=replace(news.report, evaluation=evaluated))
        newses.append(about(news, number, tag))
    return group_of(newses)


def of_outages() -> Group:
    """The password has expired: nothing is evaluated any more."""
    reason = "findActiveImage: HTTP 401 'Unauthorized' (GET /images)"
    news = not_evaluated(reason, FailureCause.CREDENTIALS)
    return group_of(about(news, number, tag) for number, tag in enumerate(tags(range(37))))


def of_endings() -> Group:
    """One item of an allowlist holds 41 images back, and ends within the week."""
    item = held("CVE-2020-25648+nss-tools", datetime(2026, 12, 1, tzinfo=UTC))
    news = expiring(item)
    return group_of(about(news, number, tag) for number, tag in enumerate(tags(range(41))))


def long_names() -> Group:
    """Names as long as registries allow, in more alphabets than one, on two registries."""
    package = "org.springframework.cloud.spring-cloud-starter-bootstrap-Überprüfung-検査"
    spring = row(
        "CVE-2022-22965", "Critical", package, "3.1.1", fix="3.1.2-SNAPSHOT+build.20261124"
    )
    newses = []
    for number in range(12):
        tag = ImageTag(
            f"registry-{number % 2}.example.com:5000",
            "zahlungsverkehr/abteilung-für-überweisungen/schnittstelle-für-rücklastschriften/検査",
            f"2026.11.{number + 10}-feature-payment-initiation-rework.0123456789abcdef",
        )
        said = stopped(finding(f"CVE-2022-22965+{package}"), rows=[spring])
        newses.append(about(stop(said, team="zahlungsverkehr-überweisungen"), number, tag))
    return group_of(newses)


GROUPS: dict[str, Callable[[], Group]] = {
    "group_stop": of_one_finding,
    "group_stop_more": more_of_it,
    "group_stop_no_fix": without_a_fix,
    "group_stop_policy": of_a_policy,
    "group_stop_mixed": of_nothing_in_common,
    "group_stop_exploited": of_exploits,
    "group_stop_now_exploited": of_an_exploit,
    "group_stop_long_names": long_names,
    "group_stop_running": of_which_some_run,
    "group_reminder": of_reminders,
    "group_recovered": of_recoveries,
    "group_recovered_policy": of_a_policy_taken_back,
    "group_not_evaluated": of_outages,
    "group_expiring": of_endings,
}
