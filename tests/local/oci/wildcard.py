"""Text in which `*` stands for any characters: in conditions of Events rules and of policies."""

import re


def fits(pattern: str, text: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL) is not None
