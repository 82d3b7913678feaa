"""What is done with an event: gate an image, start a sweep, publish notices, sum up a day.

AWS and Anchore are ports here; `aws/` and `anchore/` implement them.
"""
