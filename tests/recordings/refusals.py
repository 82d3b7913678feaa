"""The answers that are no answer: 401, 404, 500 and 504, as real servers word them.

Sources: the engine's authorization, error and service discovery code; connexion, on which both
APIs run; the page of an AWS load balancer.
"""

from tests.recordings.enterprise_image import Image
from tests.recordings.har_file import Exchange, answered

_GATEWAY_TIMEOUT = (
    "<html>\r\n<head><title>504 Gateway Time-out</title></head>\r\n<body>\r\n"
    "<center><h1>504 Gateway Time-out</h1></center>\r\n</body>\r\n</html>\r\n"
)


def not_in_database(list_query: dict[str, str]) -> Exchange:
    """No image bears the tag."""
    body = {"detail": {}, "httpcode": 404, "message": "image data not found in DB"}
    return answered("/images", list_query, body, status=404)


def unauthorized(list_query: dict[str, str]) -> Exchange:
    """Wrong credentials: plain text."""
    challenge = {"WWW-Authenticate": 'basic realm="Authentication required"'}
    return answered(
        "/images",
        list_query,
        "Unauthorized",
        status=401,
        content_type="text/plain",
        headers=challenge,
    )


def server_error(list_query: dict[str, str]) -> Exchange:
    """A service behind the API is down."""
    body = {
        "detail": {"error_codes": []},
        "httpcode": 500,
        "message": "could not find valid endpoint for service (catalog) - exception:"
        " cannot load valid endpoint from service record: catalog",
    }
    return answered("/images", list_query, body, status=500)


def no_summaries() -> Exchange:
    """A server that has no `summaries/image-tags`."""
    query = {"image_status": "active", "limit": "500", "page": "1"}
    return operation_missing("/summaries/image-tags", query)


def operation_missing(path: str, query: dict[str, str]) -> Exchange:
    """A server that does not have this path."""
    body = {
        "type": "about:blank",
        "title": "Not Found",
        "detail": "The requested URL was not found on the server. If you entered the URL manually"
        " please check your spelling and try again.",
        "status": 404,
    }
    problem = "application/problem+json"
    return answered(path, query, body, status=404, content_type=problem)


def cut_by_the_load_balancer(image: Image) -> Exchange:
    """The forced refresh took longer than the load balancer waits."""
    query = image.refresh_query(forced=True)
    path = image.vulnerabilities_path
    return answered(path, query, _GATEWAY_TIMEOUT, status=504, content_type="text/html")
