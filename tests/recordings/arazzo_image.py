"""The same image in the dialect of the Arazzo document: camelCase, bare arrays, no tags.

Shapes: the OpenAPI description that the document means (AnchoreImage, VulnerabilityReport,
PolicyEvaluation); no server is known to speak it.
"""

from tests.recordings.enterprise_image import Image
from tests.recordings.facts import POLICY_ID, Json, rows_of
from tests.recordings.har_file import Exchange, answered


def list_query(image: Image) -> dict[str, str]:
    """The query of the list, as the client sends it."""
    return {"tag": image.full_tag, "image_status": "active"}


def found(image: Image) -> Exchange:
    """The list, with this image in it."""
    record = {
        "imageDigest": image.digest,
        "analysisStatus": image.analysis_status,
        "imageStatus": "active",
        "createdAt": image.detected_at,
        "updatedAt": image.detected_at,
        "imageContent": {
            "metadata": {
                "arch": "amd64",
                "distro": "debian",
                "distroVersion": "9",
                "imageSize": 81264640,
                "layerCount": 7,
            }
        },
    }
    return answered("/images", list_query(image), [record])


def refreshed(image: Image) -> Exchange:
    """The vulnerabilities."""
    body = {
        "imageDigest": image.digest,
        "vulnerabilityType": "all",
        "vulnerabilities": [_row(row) for row in rows_of(*image.rows)],
    }
    return answered(image.vulnerabilities_path, {"force_refresh": "true"}, body)


def checked(image: Image, final_action: str) -> Exchange:
    """The policy check, without findings."""
    evaluation = {
        "imageDigest": image.digest,
        "evaluationId": "0d3ad2c3-6d2f-4bb4-9a35-3a3bb3a6e9c7",
        "policyId": POLICY_ID,
        "finalAction": final_action,
        "finalActionReason": "policy_evaluation",
        "createdAt": "2026-11-20T09:31:04Z",
    }
    return answered(image.check_path, {"tag": image.full_tag}, [evaluation])


def _row(row: Json) -> Json:
    return {
        "vuln": row["vuln"],
        "severity": row["severity"],
        "package": row["package"],
        "packageVersion": row["package_version"],
        "packageType": row["package_type"],
        "fix": row["fix"],
        "url": row["url"],
        "feedGroup": row["feed_group"],
        "packagePath": row["package_path"],
    }
