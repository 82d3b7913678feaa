"""The domain under which a region's ECR registries live, from botocore's own data."""

import re
from functools import cache

from botocore.loaders import Loader


@cache
def dns_suffix(region: str) -> str | None:
    """The suffix of the region's partition, e.g. amazonaws.com.cn; None for an unknown region.

    Source: botocore's `partitions.json`, the file its endpoint rules use; a region younger than
    botocore is found by its partition's expression.
    """
    partitions = Loader().load_data("partitions")["partitions"]
    for partition in partitions:
        named = region in partition["regions"]
        if named or re.fullmatch(partition["regionRegex"].strip("^$"), region):
            return str(partition["outputs"]["dnsSuffix"])
    return None
