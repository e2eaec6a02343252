"""`python -m tests.live`: an acceptance run of the deployed function in a real tenancy.

There, and nowhere else, it can be seen what no document says. It acts as an ordinary user, by the SDK's own
clients, says beforehand what it will do, and cleans up after itself. The tests beside it run it against the
local cloud.
"""
