"""`make conformance`: every referee, much fuzzing, and docs/conformance.md when all were heard.

ARAZZO_DOCUMENTS names the folder of the given Arazzo document, ANCHORE_OPENAPI the file of
Anchore's own description, ANCHORE_OPENAPI_VERSIONS the folder of one for each version; without
them, or without npm, those referees are left out.
"""

import os
import sys

import pytest

from tests.lab.conformance import emulators, npm_packages, versions
from tests.lab.conformance.redocly import RedoclyMissing, install
from tests.lab.conformance.verdicts import Verdicts, as_markdown, referees
from tests.support.paths import ROOT

REPORT = ROOT / "docs" / "conformance.md"
_TESTS = ["tests/lab/conformance", "tests/contract", "tests/fuzz"]

_HEAD = """# Conformance

Written by `make conformance`. A branch is a recording; the referees were not written here.

- **Arazzo**: a runner and the handler run the same workflow on the same server, and must send the
  same requests (method, path, query, authorization; without retries and `vendor_only`) and have the
  same three outputs. As given: the document that this project implements, in the dialect `arazzo`.
  Ours: [rescan.arazzo.yaml](arazzo/rescan.arazzo.yaml), in the dialect `enterprise`.
- **OpenAPI**: every request that is sent, in every setting, and every recorded answer. Anchore's
  description calls `inherited_from_base` never null, and names no 401, no 504 and no 404 of
  `summaries/image-tags`: there the servers are followed.
- **IAM**: each call that the function and the fault stories make, and each that AWS makes with the
  function's role, is judged by iam-simulate with the role of the translated template. All are
  allowed; without any one action or resource of the role one is not. Keys work through the service
  they are for alone, the function's own code makes no network interfaces, and queues refuse plain
  HTTP. [Why a tool under the AGPL](decisions/judges-from-npm.md).
- **Links**: linkify-it, with every top-level domain, finds no link in a mail whose names and
  messages are hosts, URLs and addresses ([why](decisions/links-in-mails.md)).

Empty: the branch is no matter of that referee. Retries, sweeps and the judgement whether a go
counts are the function's own; the given document's dialect has fewer answers.
"""


def main() -> int:
    """The exit status of pytest."""
    os.environ["CONFORMANCE"] = "1"
    try:
        os.environ["REDOCLY"] = str(install(ROOT / ".build"))
    except RedoclyMissing as missing:
        os.environ["REDOCLY_MISSING"] = str(missing)
    try:
        os.environ["NPM_PACKAGES"] = str(npm_packages.install(ROOT / ".build"))
    except npm_packages.PackagesMissing as missing:
        os.environ["NPM_PACKAGES_MISSING"] = str(missing)
    verdicts = Verdicts()
    status = pytest.main([*_TESTS, "-n", "0", "-rs"], plugins=[verdicts])
    tables = as_markdown(verdicts.heard, apart=[versions.REFEREE])
    by_version = versions.as_markdown(
        verdict for verdict in verdicts.heard if verdict.referee == versions.REFEREE
    )
    text = (
        f"{_HEAD}\nHeard: {referees()}.\n\n{tables}\n\n{by_version}\n\n{emulators.as_markdown()}\n"
    )
    sys.stdout.write(f"\n{text}")
    if any(verdict.outcome == "skipped" for verdict in verdicts.heard):
        sys.stdout.write(f"\nNot every referee was heard, so {REPORT.name} is left as it was.\n")
    else:
        REPORT.write_text(text)
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
