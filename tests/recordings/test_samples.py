"""Bodies that real servers sent, from the folder that ANCHORE_SAMPLES names.

They are not in the repository: the recordings take facts from them, and these tests hold both
the facts and the code against the bodies themselves.
"""

import json
import os
from pathlib import Path

import msgspec
import pytest
import requests
import yaml  # type: ignore[import-untyped]  # used here alone
from openapi_schema_validator import OAS30Validator

from rescan.anchore.enterprise import EnterpriseDialect
from rescan.anchore.error_mapping import of_status
from rescan.gate.evaluation import Evaluation
from rescan.gate.model import Step, Vulnerability
from rescan.kernel.errors import AnchoreRefused, ImageNotAnalyzed, ImageUnknown
from tests.recordings import FOLDER, names, recording

_SET = os.environ.get("ANCHORE_SAMPLES", "")
SAMPLES = Path(_SET)

pytestmark = pytest.mark.skipif(
    not _SET, reason="ANCHORE_SAMPLES is not set: it names a folder of real Anchore bodies"
)

_RECORDED_ROWS = json.loads((FOLDER / "rows.json").read_text())


def _sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def _row_files() -> list[str]:
    """The bodies of a vulnerability list, by what they hold."""
    if not _SET:
        return []
    return sorted(
        file.name for file in SAMPLES.glob("*.json") if b'"vulnerability_type"' in file.read_bytes()
    )


def test_the_samples_hold_lists_of_vulnerabilities():
    assert _row_files()


@pytest.mark.parametrize("name", _row_files())
def test_every_real_row_is_read_whole(name):
    rows = json.loads(_sample(name))["vulnerabilities"]

    read = msgspec.json.decode(msgspec.json.encode(rows), type=list[Vulnerability])

    expected = [{f: row.get(f) for f in Vulnerability.__struct_fields__} for row in rows]
    assert [_values(row) for row in read] == expected


def _values(row):
    fields = msgspec.structs.asdict(row)
    return {
        name: msgspec.json.decode(value) if isinstance(value, msgspec.Raw) else value
        for name, value in fields.items()
    }


@pytest.mark.parametrize("name", _RECORDED_ROWS)
def test_a_recorded_row_is_one_that_a_real_body_holds(name):
    real = json.loads(_sample(name))["vulnerabilities"]

    assert [row for row in _RECORDED_ROWS[name] if row not in real] == []


def test_anchores_own_list_is_read():
    body = bytearray(_sample("k8s_admission__v2_list_images.json"))

    (image,) = EnterpriseDialect().read_images(body)

    assert image.tags is not None
    assert [(t.full_tag, str(t.detected_at)) for t in image.tags] == [
        ("docker.io/alpine:latest", "2018-12-03 18:24:43+00:00")
    ]
    assert (image.image_status, image.analysis_status) == ("active", "analyzed")
    assert image.digest.startswith("sha256:02892826401a")
    assert image.parent_digest is not None
    assert image.parent_digest.startswith("sha256:621c2f39f813")


@pytest.mark.parametrize(
    ("name", "digest", "tag"),
    [
        pytest.param(
            "k8s_admission__v2_check_fail.json",
            "sha256:" + "6" * 64,
            "docker.io/bad-alpine:latest",
            id="status-fail",
        ),
        pytest.param(
            "k8s_admission__v2_check_pass.json",
            "sha256:02892826401a9d18f0ea01f8a2f35d328ef039db4e1edcc45c630314a0457d5b",
            "docker.io/alpine:latest",
            id="status-pass",
        ),
    ],
)
def test_anchores_own_check_is_read(name, digest, tag):
    assert EnterpriseDialect().read_check(bytearray(_sample(name))) == Evaluation(
        image_digest=digest,
        evaluated_tag=tag,
        policy_id="2c53a13c-1765-11e8-82ef-23527761d060",
        final_action="warn",
        final_action_reason="policy_evaluation",
        evaluated_at="2023-09-21T21:50:37Z",
        mapped_to_rule=True,
        problems=(),
        findings_problem="the answer carries no findings",
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("k8s_admission__error_404_image_data_not_found.json", ImageUnknown),
        ("k8s_admission__error_404_no_image_record.json", AnchoreRefused),
        ("anchore_cli__error_404_not_analyzed.json", ImageNotAnalyzed),
        ("issue_engine481__error_404_check_not_analyzed.json", ImageNotAnalyzed),
        ("issue_anchore68__error_404_check_analysis_failed.json", ImageNotAnalyzed),
    ],
)
def test_a_real_404_is_told_from_the_others(name, expected):
    assert type(_of_404(name)) is expected


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("anchore_cli__error_404_not_analyzed.json", "analyzing"),
        ("issue_engine481__error_404_check_not_analyzed.json", "not_analyzed"),
        ("issue_anchore68__error_404_check_analysis_failed.json", "analysis_failed"),
    ],
)
def test_a_real_404_says_the_analysis_status(name, status):
    error = _of_404(name)

    assert isinstance(error, ImageNotAnalyzed)
    assert error.analysis_status == status


_SCHEMAS = {
    "images": "AnchoreImageList",
    "inventories": "InventoryItems",
    "image-tags": "AnchoreImageTagSummaryList",
    "all": "ImagePackageVulnerabilityResponse",
    "check": "PolicyEvaluation",
    "feeds": "Feeds",
    "policies": "PolicyList",
}
# The description gives this one no name.
_FEEDS = {"Feeds": {"type": "array", "items": {"$ref": "#/components/schemas/FeedMetadata"}}}


@pytest.fixture(scope="module")
def components():
    """The schemas of Anchore's description, which lies beside the folder of samples."""
    file = SAMPLES.parent / "openapi-2.13.0.yaml"
    if not file.is_file():
        pytest.skip(f"{file} is not there: Anchore's OpenAPI description of Enterprise v2")
    components = yaml.load(file.read_text(), Loader=yaml.CSafeLoader)["components"]
    return components | {"schemas": components["schemas"] | _FEEDS}


@pytest.mark.parametrize("name", [name for name in names() if not name.startswith("arazzo_")])
def test_a_recorded_answer_is_valid_by_anchores_description(name, components):
    for entry in recording(name).entries:
        if entry.status == 200:
            schema = f"#/components/schemas/{_SCHEMAS[entry.path.rpartition('/')[2]]}"
            validator = OAS30Validator({"$ref": schema, "components": components})
            errors = validator.iter_errors(json.loads(entry.body))
            # null without base_digest: so the documentation, and so the server.
            wrong = [e.json_path for e in errors if "inherited_from_base" not in e.path]
            assert wrong == []


def _of_404(name: str) -> Exception:
    response = requests.Response()
    response.status_code = 404
    return of_status(response, _sample(name), step=Step.REGATE, request="GET /images")
