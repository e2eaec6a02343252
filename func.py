"""The function's two entry points.

The platform's usual one, ``fdk func.py handler``, imports this file in the first call. ``python3 func.py``,
for provisioned concurrency, opens the socket first and loads the function in the background.
"""

if __name__ == "__main__":
    from handlers.standby import serve

    serve()
else:
    from handlers.startup import loading

    def _load() -> object:
        from handlers.entry import handler

        return handler

    handler = loading(_load)  # what the FDK asks this module for
