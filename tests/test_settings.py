"""The environment becomes one typed object, or an error that names what to change."""

import pytest

from rescan.kernel.errors import SettingsError
from rescan.kernel.image_tag import ImageTag
from rescan.settings import Settings
from tests.support.environment import LEAST, SECRET_ARN, TOPIC_ARN


def test_the_least_environment_gives_the_documented_defaults() -> None:
    assert Settings.parse(LEAST) == Settings(
        anchore_url="https://anchore.example.com",
        anchore_secret_arn=SECRET_ARN,
        stop_topic_arn=TOPIC_ARN,
        anchore_dialect="enterprise",
        anchore_account=None,
        policy_id=None,
        vulnerability_type="all",
        vendor_only=True,
        base_image=False,
        watched_tags="",
        running_only=False,
        ca_bundle=None,
        max_body_mb=64,
        read_timeout_seconds=120,
    )


def test_every_variable_is_read() -> None:
    environment = LEAST | {
        "ANCHORE_DIALECT": "arazzo",
        "ANCHORE_ACCOUNT": "platform",
        "POLICY_ID": "p1",
        "VULNERABILITY_TYPE": "non-os",
        "VENDOR_ONLY": "false",
        "BASE_IMAGE": "true",
        "WATCHED_TAGS": "app:1, team/web:2",
        "RUNNING_ONLY": "true",
        "CA_BUNDLE": "/opt/ca.pem",
        "MAX_BODY_MB": "8",
        "READ_TIMEOUT_SECONDS": "30",
        "ANCHORE_UI_LINK": "https://anchore.example.com/images/{digest}",
        "TEAM_ANNOTATION": "team",
        "TEAMS": "team/*=platform",
        "CHAT_TOPIC_ARN": TOPIC_ARN,
        "DAILY_SUMMARY": "7",
        "DUE_DAYS": "exploited=3, high=30",
        "PATH": "/usr/bin",
    }
    settings = Settings.parse(environment)
    assert settings == Settings(
        anchore_url="https://anchore.example.com",
        anchore_secret_arn=SECRET_ARN,
        stop_topic_arn=TOPIC_ARN,
        anchore_dialect="arazzo",
        anchore_account="platform",
        policy_id="p1",
        vulnerability_type="non-os",
        vendor_only=False,
        base_image=True,
        watched_tags="app:1, team/web:2",
        running_only=True,
        ca_bundle="/opt/ca.pem",
        max_body_mb=8,
        read_timeout_seconds=30,
        anchore_ui_link="https://anchore.example.com/images/{digest}",
        team_annotation="team",
        teams="team/*=platform",
        chat_topic_arn=TOPIC_ARN,
        daily_summary=7,
        due_days="exploited=3, high=30",
    )
    assert settings.due_terms.days == {"exploited": 3, "high": 30}
    assert settings.routes.of(ImageTag.parse("team/web:2")) == "platform"
    assert settings.watch_list.tags == (ImageTag.parse("app:1"), ImageTag.parse("team/web:2"))


@pytest.mark.parametrize(
    "variable", ["POLICY_ID", "VENDOR_ONLY", "TEAMS", "DAILY_SUMMARY", "ANCHORE_DIALECT"]
)
def test_an_empty_variable_counts_as_unset(variable: str) -> None:
    assert Settings.parse(LEAST | {variable: " "}) == Settings.parse(LEAST)


@pytest.mark.parametrize(
    ("url", "base_url"),
    [
        ("https://a.example.com", "https://a.example.com/v2"),
        ("https://a.example.com/", "https://a.example.com/v2"),
        ("https://a.example.com/v2", "https://a.example.com/v2"),
        ("https://a.example.com/v2/", "https://a.example.com/v2"),
        ("http://a:8228/anchore", "http://a:8228/anchore/v2"),
    ],
)
def test_the_url_is_taken_with_and_without_its_version(url: str, base_url: str) -> None:
    assert Settings.parse(LEAST | {"ANCHORE_URL": url}).base_url == base_url


@pytest.mark.parametrize("variable", sorted(LEAST))
def test_a_missing_variable_is_named_with_an_example(variable: str) -> None:
    environment = {name: value for name, value in LEAST.items() if name != variable}
    with pytest.raises(SettingsError, match=rf"^{variable} is not set. Expected .* Example: "):
        Settings.parse(environment)


@pytest.mark.parametrize(
    ("given", "value", "missing"),
    [
        (
            "WORK_QUEUE_URL",
            "https://sqs.eu-central-1.amazonaws.com/123456789012/work",
            "LEDGER_TABLE",
        ),
        ("LEDGER_TABLE", "ledger", "WORK_QUEUE_URL"),
        (
            "PUSH_QUEUE_URL",
            "https://sqs.eu-central-1.amazonaws.com/123456789012/pushes",
            "WORK_QUEUE_URL",
        ),
    ],
)
def test_a_queue_and_a_ledger_need_each_other(given: str, value: str, missing: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{missing} is not set. Expected .* Example: "):
        Settings.parse(LEAST | {given: value})


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("ANCHORE_URL", "anchore.example.com", "an http(s) URL, with or without /v2"),
        ("ANCHORE_URL", "ftp://anchore.example.com", "an http(s) URL, with or without /v2"),
        ("ANCHORE_URL", "https://", "an http(s) URL, with or without /v2"),
        ("ANCHORE_URL", "https://a:port/", "an http(s) URL, with or without /v2"),
        ("ANCHORE_URL", "https://[::1", "an http(s) URL, with or without /v2"),
        ("ANCHORE_URL", "https://a/?x=1", "an http(s) URL, with or without /v2"),
        ("ANCHORE_SECRET_ARN", "anchore", "the ARN of a Secrets Manager secret"),
        ("STOP_TOPIC_ARN", SECRET_ARN, "the ARN of an SNS topic"),
        ("CHAT_TOPIC_ARN", SECRET_ARN, "the ARN of an SNS topic"),
        (
            "ANCHORE_UI_LINK",
            "anchore.example.com",
            "an http(s) URL, with placeholders after its host alone",
        ),
        (
            "ANCHORE_UI_LINK",
            "https://a/{image}",
            "no other placeholders than {registry}, {repository}, {tag}, {digest}",
        ),
        ("TEAMS", "payments/*", "pattern=team in each entry, not 'payments/*'"),
        ("ANCHORE_DIALECT", "v1", "enterprise or arazzo"),
        ("VULNERABILITY_TYPE", "everything", "os, non-os or all"),
        ("VENDOR_ONLY", "ja", "true or false"),
        ("MAX_BODY_MB", "many", "a whole number from 1 to 1024"),
        ("MAX_BODY_MB", "0", "a whole number from 1 to 1024"),
        ("READ_TIMEOUT_SECONDS", "1.5", "a whole number from 1 to 900"),
        ("READ_TIMEOUT_SECONDS", "901", "a whole number from 1 to 900"),
        ("PENDING_HOURS", "-1", "hours, 0 to 24"),
        ("PENDING_HOURS", "24.1", "hours, 0 to 24"),
        ("PENDING_HOURS", "nan", "hours, 0 to 24"),
        ("SWEEP_HOURS", "0", "a whole number of hours, 1 or more"),
        (
            "DUE_DAYS",
            "severe=3",
            "term=days, the term one of exploited, critical, high, medium, low, negligible,"
            " unknown, not 'severe=3'",
        ),
        ("DAILY_SUMMARY", "24", "an hour of the day in UTC, 0 to 23"),
        ("DAILY_SUMMARY", "true", "an hour of the day in UTC, 0 to 23"),
    ],
)
def test_a_wrong_value_is_named_with_what_was_expected(
    variable: str, value: str, says: str
) -> None:
    with pytest.raises(SettingsError) as raised:
        Settings.parse(LEAST | {variable: value})
    assert str(raised.value).startswith(f"{variable} is {value!r}. Expected {says}. Example: ")


def test_credentials_in_the_url_are_refused_and_not_repeated() -> None:
    url = "https://watcher:s3cr3t-pass@anchore.example.com"
    with pytest.raises(SettingsError, match="they belong in the secret") as raised:
        Settings.parse(LEAST | {"ANCHORE_URL": url})
    assert "s3cr3t-pass" not in str(raised.value)


def test_a_bad_watched_tag_is_named() -> None:
    with pytest.raises(SettingsError, match=r"^WATCHED_TAGS is 'good:1,b ad:1'"):
        Settings.parse(LEAST | {"WATCHED_TAGS": "good:1,b ad:1"})


@pytest.mark.parametrize("watched", ["", "app:*", "app:1,web:*"])
def test_the_arazzo_dialect_needs_tags_by_name(watched: str) -> None:
    environment = LEAST | {"ANCHORE_DIALECT": "arazzo", "WATCHED_TAGS": watched}
    with pytest.raises(SettingsError, match=r"^WATCHED_TAGS .*cannot list the active tags"):
        Settings.parse(environment)
