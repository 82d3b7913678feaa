"""What a chat shows of a message."""

import json
import re
from typing import Any

from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.support.paths import ROOT

SPAN = re.compile(r"(?<![`\w])`[^`\n<>]+`(?!`)")


# Nothing of ours has these letters, so what is left of a foreign text shows.
FOREIGN = st.text("§¶*_~`<>[]()!@#|&:/\\ \n", min_size=1, max_size=60).map("§{}".format)


def shown(message: Any) -> list[str]:
    """Every text that a chat may render."""
    content, metadata = message["content"], message["metadata"]
    return [
        content["title"],
        content["description"],
        *content["nextSteps"],
        *content["keywords"],
        metadata["summary"],
        *metadata["relatedResources"],
    ]


def outside_of_spans(message: Any) -> list[str]:
    """Each text that holds what a chat may obey, or a letter of FOREIGN, without its code spans."""
    outside = [SPAN.sub("", text).replace("&lt;", "") for text in shown(message)]
    return [text for text in outside if re.search("[§¶*~`<>\\[\\]@#|&\\\\]", text)]


SCHEMA = json.loads((ROOT / "docs" / "chat.schema.json").read_text())
_VALIDATOR = Draft202012Validator(SCHEMA)


def errors(message: Any) -> list[str]:
    """What the schema has against the message."""
    return [error.message for error in _VALIDATOR.iter_errors(message)]
