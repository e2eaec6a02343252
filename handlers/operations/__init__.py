"""What the function does, whoever asks for it.

An operation is a function of a request and the invocation's context; the trigger that offers it makes a reply
of what it returns. To add one: write it, and give it a line in the trigger.
"""
