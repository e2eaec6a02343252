"""The domain: what may be exported where, how it is started once, and what is announced. No FDK, no SDK."""
