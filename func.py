"""The function's two entry points.

The platform's usual one, ``fdk func.py handler``, imports this file in the first call. ``python3 func.py``,
for provisioned concurrency, opens the socket first and loads the function in the background.
"""

if __name__ == "__main__":
    from handlers.standby import serve

    serve()
else:
    from handlers.startup import without_collector, without_plugins

    without_plugins()
    with without_collector():
        from handlers.entry import handler  # noqa: F401  # what the FDK asks this module for
