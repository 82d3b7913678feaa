"""What is wrong between here, Anchore and AWS: checks that change nothing anywhere.

The function runs them on {"doctor": true}, the command on the machine that it runs on.

check         a check, and running several
route         proxy, name resolution, connection
tls           the certificates, and why they are refused
anchore       version, authorization, policy, role
features      what a version of Anchore does not have yet
stack         the topics, the queue and the table
examination   all of them, in their order
"""
