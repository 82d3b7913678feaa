"""Chromium without a window, driven through its debugging pipe: nothing beside it is installed.

Source: Chrome DevTools Protocol; `--remote-debugging-pipe` reads JSON that ends with a zero byte
from descriptor 3, and writes it to 4.
"""

import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_SECONDS = 120
_OPTIONS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-sync",
    "--hide-scrollbars",
    # No name is resolved: what asks for one fails, and is seen.
    "--host-resolver-rules=MAP * ~NOTFOUND",
)


class ChromiumMissing(Exception):
    """There is none on this machine."""


class Chromium:
    """One running browser."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading, self._writing = reading, writing
        self._ids = count(1)
        self._unread = b""
        self.events: list[dict[str, Any]] = []

    def ask(self, method: str, session: str | None = None, **parameters: Any) -> Any:
        """The result of one command; events that come meanwhile are kept."""
        number = next(self._ids)
        message = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._writing, json.dumps(message).encode() + b"\0")
        while (answer := self._message()).get("id") != number:
            self.events.append(answer)
        assert "error" not in answer, f"{method}: {answer['error']}"
        return answer["result"]

    def wait_for(self, method: str) -> None:
        """Until there is an event of this kind."""
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self._message())

    def _message(self) -> dict[str, Any]:
        while b"\0" not in self._unread:
            ready, _, _ = select.select([self._reading], [], [], _SECONDS)
            assert ready, "Chromium neither answers nor ends"
            data = os.read(self._reading, 1 << 20)
            assert data, "Chromium has ended"
            self._unread += data
        message, _, self._unread = self._unread.partition(b"\0")
        parsed: dict[str, Any] = json.loads(message)
        return parsed


class Page:
    """One tab; what it reports of itself is in `complaints` and `requests`."""

    def __init__(self, chromium: Chromium, width: int, *, dark: bool = False) -> None:
        self._chromium = chromium
        target = chromium.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = chromium.ask("Target.attachToTarget", targetId=target, flatten=True)[
            "sessionId"
        ]
        chromium.events.clear()
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._ask(f"{domain}.enable")
        self._ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1 if width > 500 else 2,
            mobile=width <= 500,
        )
        self.emulate(dark=dark)

    def emulate(self, *, dark: bool = False, printed: bool = False) -> None:
        """What the page's media queries find."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        media = "print" if printed else "screen"
        self._ask("Emulation.setEmulatedMedia", media=media, features=[scheme])

    def without_scripts(self) -> None:
        """As a reader whose browser or mail program runs none."""
        self._ask("Emulation.setScriptExecutionDisabled", value=True)

    def open(self, url: str) -> None:
        """Load it to its end."""
        self._ask("Page.navigate", url=url)
        self._chromium.wait_for("Page.loadEventFired")

    def run(self, script: str) -> Any:
        """What the expression comes to, as JSON has it."""
        answer = self._ask(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def picture(self, file: Path, top: int = 0, height: int | None = None) -> None:
        """A PNG of the page from `top` on, to its end or of that height."""
        size = "[document.documentElement.clientWidth, document.documentElement.scrollHeight]"
        width, whole = self.run(size)
        clip = {"x": 0, "y": top, "width": width, "height": height or whole - top, "scale": 1}
        shot = self._ask("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        file.write_bytes(b64decode(shot["data"]))

    def print(self, file: Path) -> None:
        """A PDF, as a printer gets it."""
        printed = self._ask("Page.printToPDF", paperWidth=8.27, paperHeight=11.69)
        file.write_bytes(b64decode(printed["data"]))

    @property
    def complaints(self) -> list[str]:
        """Errors and warnings of the page, as its console shows them."""
        self.run("0")
        return [
            json.dumps(event["params"])
            for event in self._chromium.events
            if event.get("method")
            in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")
        ]

    @property
    def requests(self) -> list[str]:
        """The URLs that it has asked for."""
        self.run("0")
        return [
            event["params"]["request"]["url"]
            for event in self._chromium.events
            if event.get("method") == "Network.requestWillBeSent"
        ]

    def _ask(self, method: str, **parameters: Any) -> Any:
        return self._chromium.ask(method, self._session, **parameters)


def installed() -> str:
    """The path of the browser; ChromiumMissing."""
    for name in _NAMES:
        if path := shutil.which(name):
            return path
    raise ChromiumMissing(f"no {' or '.join(_NAMES)} on PATH (Debian: apt-get install chromium)")


@contextmanager
def chromium() -> Iterator[Chromium]:
    """A browser with a profile of its own."""
    command = [installed(), *_OPTIONS]
    if os.geteuid() == 0:
        command.append("--no-sandbox")  # it refuses to run as root with one
    to_us, theirs = _pipe()
    ours, to_them = _pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [*command, f"--user-data-dir={profile}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            close_fds=False,
            preexec_fn=lambda: _hand_over(ours, theirs),  # noqa: PLW1509 - no threads here
        )
        for descriptor in (ours, theirs):
            os.close(descriptor)
        browser = Chromium(to_us, to_them)
        try:
            yield browser
        finally:
            with suppress(AssertionError, OSError):
                browser.ask("Browser.close")
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()
            process.wait()
            os.close(to_us)
            os.close(to_them)


def _pipe() -> tuple[int, int]:
    """Its ends, neither of which is 3 or 4."""
    low = os.pipe()
    reading, writing = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in low)
    for end in low:
        os.close(end)
    return reading, writing


def _hand_over(reading: int, writing: int) -> None:
    os.dup2(reading, 3)
    os.dup2(writing, 4)
