"""What nobody knows of Compute, either way, with records and without."""

from typing import NamedTuple

from tests.local.oci import Cloud, Switches

# What Compute looks at first, whether it takes a bucket's name from a function, and the code of its 409. Of
# the eight settings, four in which any two switches meet in every way.
SWITCHES = {
    "token first": Switches(),
    "token first, names refused": Switches(refuses_tuples=True, exporting_code="Conflict"),
    "state first": Switches(looks_at="state first", exporting_code="Conflict"),
    "state first, names refused": Switches(looks_at="state first", refuses_tuples=True),
}


class Way(NamedTuple):
    """A setting of the switches, by its name, and whether there are records."""

    switches: str
    records: bool

    def __str__(self) -> str:
        return f"{self.switches}, {'with' if self.records else 'without'} records"

    @property
    def is_token_first(self) -> bool:
        return self.switches.startswith("token first")

    @property
    def is_refused(self) -> bool:
        """Whether Compute takes no bucket by its name."""
        return self.switches.endswith("names refused")

    @property
    def is_known(self) -> bool:
        """Whether a request that comes again finds its work request: by Compute's answer, or its record."""
        return self.records or not self.is_refused

    def set(self, cloud: Cloud) -> None:
        """Lets a cloud's Compute be so."""
        vars(cloud.switches).update(vars(SWITCHES[self.switches]))


WAYS = [Way(switches, records) for records in (False, True) for switches in SWITCHES]
