"""The part of the `fn` command line that the README uses: verbs, how many arguments they take, their flags.

Source: github.com/fnproject/cli 0.6.63 (`commands/`, `objects/`), and Oracle's "Creating an Fn Project CLI
Context". It is written in Go and can't be asked from here.
"""

from collections.abc import Sequence

# Verb to the number of arguments, and to the flags; each of these takes a value.
VERBS: dict[tuple[str, ...], tuple[int, frozenset[str]]] = {
    ("create", "context"): (1, frozenset({"--provider", "--api-url", "--registry"})),
    ("use", "context"): (1, frozenset()),
    ("update", "context"): (2, frozenset()),
    ("delete", "context"): (1, frozenset()),
    ("deploy",): (0, frozenset({"--app"})),
    ("config", "function"): (4, frozenset()),
    ("delete", "function"): (2, frozenset()),
    ("invoke",): (2, frozenset({"--content-type"})),
}
CONTEXT_KEYS = frozenset({"api-url", "registry", "oracle.compartment-id", "oracle.profile"})


def problem(arguments: Sequence[str]) -> str | None:
    """What is wrong with a command line, or None."""
    for verb, (count, flags) in VERBS.items():
        if tuple(arguments[: len(verb)]) == verb:
            return _problem_after(list(arguments[len(verb) :]), verb, count, flags)
    return f"there is no verb {' '.join(arguments[:2])}"


def _problem_after(rest: list[str], verb: tuple[str, ...], count: int, flags: frozenset[str]) -> str | None:
    plain: list[str] = []
    while rest:
        word = rest.pop(0)
        if not word.startswith("-"):
            plain.append(word)
        elif word not in flags:
            return f"{' '.join(verb)} has no flag {word}"
        elif not rest:
            return f"{word} has no value"
        else:
            rest.pop(0)
    if len(plain) != count:
        return f"{' '.join(verb)} takes {count} arguments, not {len(plain)}"
    if verb == ("update", "context") and plain[0] not in CONTEXT_KEYS:
        return f"a context has no {plain[0]}"
    return None
