"""The least environment that makes the function."""

SECRET_ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:anchore-AbCdEf"


TOPIC_ARN = "arn:aws:sns:eu-central-1:123456789012:stops"


LEAST = {
    "ANCHORE_URL": "https://anchore.example.com",
    "ANCHORE_SECRET_ARN": SECRET_ARN,
    "STOP_TOPIC_ARN": TOPIC_ARN,
}
