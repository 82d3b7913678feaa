"""What is wrong between here, Anchore and AWS: one check a line, each ok or with a fix.

check     a check, and running several
route     name, proxy, connection
tls       the certificates, and why they are refused
anchore   credentials, version, policy, role
aws       what the stack's variables name
"""
