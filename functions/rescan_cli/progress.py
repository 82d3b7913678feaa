"""The three steps on a terminal while they run; nothing in a pipe."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from rescan.gate.evaluation import Evaluation
from rescan.gate.model import ImageRecord, Step, VulnerabilityList
from rescan.gate.workflow import Anchore
from rescan.kernel.image_tag import Digest, ImageTag
from rescan_cli.terminal import error_console


@contextmanager
def watched(anchore: Anchore) -> Iterator[Anchore]:
    """The same Anchore; on a terminal, standard error shows each step while it runs."""
    if not (sys.stderr is not None and sys.stderr.isatty()):
        yield anchore
        return
    columns = (SpinnerColumn(finished_text="*"), TextColumn("{task.description}"))
    with Progress(*columns, TimeElapsedColumn(), console=error_console()) as progress:
        yield _Watched(anchore, progress)


@dataclass(frozen=True)
class _Watched:
    """Implements `workflow.Anchore`."""

    anchore: Anchore
    progress: Progress

    def active_images(self, tag: ImageTag) -> list[ImageRecord]:
        with self._shown(Step.FIND_ACTIVE_IMAGE):
            return self.anchore.active_images(tag)

    def tag_history(self, tag: ImageTag) -> list[ImageRecord]:
        with self._shown(f"{Step.FIND_ACTIVE_IMAGE}, its other platforms"):
            return self.anchore.tag_history(tag)

    def share(self, number: int) -> Anchore:
        return replace(self, anchore=self.anchore.share(number))

    def refreshed_vulnerabilities(self, digest: Digest, vtype: str) -> VulnerabilityList:
        with self._shown(Step.REFRESH_VULNERABILITIES):
            return self.anchore.refreshed_vulnerabilities(digest, vtype)

    def vulnerabilities(self, digest: Digest, vtype: str) -> VulnerabilityList:
        with self._shown(f"{Step.REFRESH_VULNERABILITIES}, the list as it stands"):
            return self.anchore.vulnerabilities(digest, vtype)

    def evaluate(self, digest: Digest, tag: ImageTag, policy_id: str | None) -> Evaluation | None:
        with self._shown(Step.REGATE):
            return self.anchore.evaluate(digest, tag, policy_id)

    @contextmanager
    def _shown(self, step: str) -> Iterator[None]:
        task: TaskID = self.progress.add_task(step, total=1)
        try:
            yield
            self.progress.advance(task)
        except Exception:
            self.progress.update(task, description=f"{step}: failed")
            self.progress.stop_task(task)
            raise
