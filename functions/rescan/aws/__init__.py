"""DynamoDB, SQS, SNS, Secrets Manager and CloudWatch metrics behind the ports of `work/`.

Nothing here decides: items are written and read, messages sent.
"""
