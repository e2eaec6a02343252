"""The HTTP interface described: what requests and answers look like, as OpenAPI.

Nothing here takes part in an export: answers pass through as the services spelt them, so these modules are
imported only for the route that serves the description.
"""
