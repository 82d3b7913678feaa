"""Writes a tally as one line of the embedded metric format, from which CloudWatch takes it.

The only dimension is `service`: one per image would be a metric, and a price, per image.
"""

from aws_lambda_powertools.metrics import Metrics, MetricUnit

from rescan.kernel.metrics import Tally

NAMESPACE = "AnchoreRescan"


def write_metrics(tally: Tally) -> None:
    """Print the line, and begin to count anew; nothing is printed for nothing."""
    counts = tally.take()
    if not counts:
        return
    metrics = Metrics(namespace=NAMESPACE)
    for metric, value in counts.items():
        metrics.add_metric(name=metric.value, unit=MetricUnit.Count, value=value)
    metrics.flush_metrics()
