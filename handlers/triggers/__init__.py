"""Who calls, what they ask for, and how they are answered.

A trigger is an envelope: it makes a request of a call, has an operation carry it out, and makes a reply of
what comes of it. To add one, write its class and give it a line in ``entry.recognise``. Only these modules
know the FDK's context and responses.
"""
