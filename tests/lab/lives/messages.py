"""SNS and SQS as clients of a container, and what a reader of a message finds in it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from tests.lab.lives.calls import Invocation, Service
from tests.lab.lives.trace import Covered, Findings, Image, Published, Refused, Summed
from tests.support.fakes import NOON

Invoked = Callable[[], Invocation]


def _no_answer(kind: str) -> Exception:
    if kind == "lost":
        return ReadTimeoutError(endpoint_url="https://aws")
    if kind == "throttled":
        return _client_error("ThrottledException", "Rate exceeded")
    return EndpointConnectionError(endpoint_url="https://aws")


def _client_error(code: str, text: str, status: int = 400) -> ClientError:
    metadata: Any = {"HTTPStatusCode": status, "RequestId": "r"}
    return ClientError(
        {"Error": {"Code": code, "Message": text}, "ResponseMetadata": metadata}, "call"
    )


_FAULTS = frozenset({"kill before", "kill after", "refused", "throttled", "lost", "slow"})
PUBLISHING = Service("topic", 0.03, 1, _FAULTS, _no_answer)
SENDING = Service("queue", 0.01, 3, _FAULTS, _no_answer)
# Of what waits in so many copies no further one is made by chance: copies of copies, each asking
# for an image that is not there yet, would be most of a life.
_MOST_COPIES = 3
_SENDING_ONCE = replace(SENDING, faults=_FAULTS - {"kill after", "lost"})


class Readers(Protocol):
    """Where messages go, and which of them SNS never takes."""

    def see(self, seen: Any) -> None: ...
    def passed(self) -> float: ...
    def never_takes(self, images: tuple[Image, ...]) -> bool: ...


class Sns:
    """A client of SNS: `channels` names the channel of each topic."""

    def __init__(
        self, world: Readers, invocation: Invoked, container: str, channels: dict[str, str]
    ) -> None:
        self._world = world
        self._invocation = invocation
        self._container = container
        self._channels = channels

    def get_topic_attributes(self, **asked: Any) -> Any:
        answer = {"Attributes": {"SubscriptionsConfirmed": "1"}}
        return self._invocation().make(PUBLISHING, "sns get_topic_attributes", lambda: answer)

    def publish(self, **asked: Any) -> Any:
        """Told as answered unless the call ends otherwise."""
        taken: list[Published] = []
        try:
            answer = self._invocation().make(
                PUBLISHING, "sns publish", lambda: self._take(asked, taken)
            )
        except BaseException:
            self._tell(taken, answered=False)
            raise
        self._tell(taken, answered=True)
        return answer

    def _tell(self, taken: list[Published], *, answered: bool) -> None:
        for message in taken:
            object.__setattr__(message, "answered", answered)

    def _take(self, asked: Any, taken: list[Published]) -> Any:
        channel, who = self._channels[asked["TopicArn"]], self._invocation().name
        message = read(
            asked, at=self._world.passed(), who=who, container=self._container, channel=channel
        )
        if self._world.never_takes(message.images):
            self._world.see(Refused(message.at, who, channel, message.images))
            raise _client_error("InvalidParameter", "Invalid parameter: Message too long")
        taken.append(message)
        self._world.see(message)
        return {"MessageId": "m"}


def read(asked: Any, *, at: float, who: str, container: str, channel: str) -> Published:
    """What a reader has of a message: its attributes, and the JSON that one of them is."""
    attributes = {name: each["StringValue"] for name, each in asked["MessageAttributes"].items()}
    result = json.loads(attributes["result"])
    return Published(
        at=at,
        who=who,
        container=container,
        channel=channel,
        id=result["id"],
        kind=attributes["event_type"],
        team=attributes["team"],
        images=tuple(_images(result)),
        answered=True,
        moment=result["evaluated_at"],
        reason=_reason(result),
        whole=result["group"] is None,
        decided=_seconds(result["at"]),
        platforms=tuple((one["digest"], one["outcome"]) for one in result.get("platforms", ())),
        held=tuple(_held(result)),
        summed=_summed(result.get("summary")),
    )


def _summed(summary: Any) -> Summed | None:
    if summary is None:
        return None
    sweep = summary["sweep"]
    named = (_named(summary[name]["images"]) for name in ("stopped", "not_evaluated"))
    stopped, not_evaluated = named
    total = summary["stopped"]["total"]
    return Summed(stopped, total, not_evaluated, _covered(sweep) if sweep else None)


def _named(images: Any) -> tuple[tuple[str, bool], ...]:
    return tuple((one["full_tag"], one.get("old", False)) for one in images)


def _covered(sweep: Any) -> Covered:
    counted = (sweep[name] for name in ("expected", "evaluated", "absent", "missing"))
    return Covered(_seconds(sweep["started"]), *counted)


def _held(result: Any) -> Iterator[tuple[str, float]]:
    """Without those whose end nobody knows."""
    for finding in (result["held_back"] or {}).get("findings", ()):
        if finding["until"] is not None:
            name, _, _ = finding["what"].partition("+")
            yield name, _seconds(finding["until"])


def _seconds(moment: str) -> float:
    return (datetime.fromisoformat(moment) - NOON).total_seconds()


def _images(result: Any) -> list[Image]:
    if result["group"] is not None:
        return list(map(_member, result["group"]["members"]))
    if result["image"] is None:
        return []
    image, old = result["image"], result.get("old")
    digest = old["digest"] if old else image["digest"]
    return [Image(result["id"], image["full_tag"], digest, _stopping(result), bool(old))]


def _member(member: Any) -> Image:
    about, old = member["about"], member.get("old", False)
    named = member["id"], member["full_tag"], member["digest"]
    return Image(*named, _about(about), old, ", ".join(about))


def _reason(result: Any) -> str:
    """Why it is not evaluated, or how its STOP ended."""
    if result["failing"]:
        return str(result["failing"]["reason"])
    ended = result.get("ended")
    return str(ended["cause"]) if ended else ""


def _about(names: list[str]) -> Findings:
    """A group may be about a policy as well."""
    return tuple((name, "") for name in names if name.startswith("CVE-"))


def _stopping(result: Any) -> Findings:
    stopping = result["stopping"]
    found = stopping["findings"] if stopping else []
    return tuple(sorted({(f["vulnerability"] or f["message"], f["severity"]) for f in found}))


class Queues(Protocol):
    """Where sent messages go."""

    def send(self, url: str, body: str, delay: int, who: str) -> None: ...
    def counts(self, url: str) -> tuple[int, int]: ...
    def copies(self, url: str, body: str) -> int: ...
    def entry_fails(self) -> bool: ...


class Sqs:
    """A client of SQS."""

    def __init__(self, queues: Queues, invocation: Invoked) -> None:
        self._queues = queues
        self._invocation = invocation

    def send_message(self, **asked: Any) -> Any:
        def send() -> Any:
            delay = asked["DelaySeconds"]
            self._queues.send(asked["QueueUrl"], asked["MessageBody"], delay, self._who)
            return {"MessageId": "m"}

        copies = self._queues.copies(asked["QueueUrl"], asked["MessageBody"])
        service = SENDING if copies < _MOST_COPIES else _SENDING_ONCE
        return self._invocation().make(service, "sqs send_message", send)

    def send_message_batch(self, **asked: Any) -> Any:
        return self._invocation().make(
            SENDING, "sqs send_message_batch", lambda: self._send_batch(asked)
        )

    def get_queue_attributes(self, **asked: Any) -> Any:
        def count() -> Any:
            waiting, worked_on = self._queues.counts(asked["QueueUrl"])
            counts = {
                "ApproximateNumberOfMessages": str(waiting),
                "ApproximateNumberOfMessagesNotVisible": str(worked_on),
            }
            return {"Attributes": counts}

        return self._invocation().make(SENDING, "sqs get_queue_attributes", count)

    @property
    def _who(self) -> str:
        return self._invocation().name

    def _send_batch(self, asked: Any) -> Any:
        """Some entries may fail while the call succeeds."""
        failed: list[Any] = []
        for entry in asked["Entries"]:
            if self._queues.entry_fails():
                failed.append({"Id": entry["Id"], "Code": "InternalError", "SenderFault": False})
            else:
                self._queues.send(asked["QueueUrl"], entry["MessageBody"], 0, self._who)
        return {"Failed": failed}
