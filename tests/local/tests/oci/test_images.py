"""ListImages of the emulator, called by the vendor's SDK."""

from collections.abc import Callable
from typing import Any

import oci
import pytest

from ...oci import Clock, Cloud
from .conftest import refused

List = Callable[..., list[str]]


@pytest.fixture
def listed(cloud: Cloud, clients: Any) -> List:
    """The names of the images that are listed, on all pages."""

    def names(**options: Any) -> list[str]:
        all_pages, first = oci.pagination.list_call_get_all_results, clients.compute.list_images
        return [image.display_name for image in all_pages(first, cloud.compartment_id, **options).data]

    return names


def test_platform_images_come_first_and_are_not_exported(
    cloud: Cloud, clients: Any, listed: List, export: Callable[..., Any]
) -> None:
    cloud.images.add("mine")
    cloud.images.add("elsewhere", compartment_id=cloud.add_compartment(cloud.compartment_id))
    assert listed() == ["mine"]
    platform = cloud.images.add_platform("Oracle-Linux-9")
    cloud.images.add_platform("Oracle-Linux-8")
    assert [sorted(listed()[:2]), listed()[2:]] == [["Oracle-Linux-8", "Oracle-Linux-9"], ["mine"]]
    assert clients.compute.list_images(cloud.tenancy_id, limit=1).data[0].compartment_id is None
    assert refused(export, platform["id"]) == (400, "InvalidParameter")


def test_images_can_be_sorted_by_time(cloud: Cloud, clock: Clock, listed: List) -> None:
    for name in ("b", "c", "a"):
        cloud.images.add(name)
        clock.advance(1)
    assert listed(sort_by="TIMECREATED") == ["a", "c", "b"]
    assert listed(sort_by="TIMECREATED", sort_order="ASC", limit=1) == ["b", "c", "a"]


def test_a_list_that_cant_be_asked_for_is_refused(cloud: Cloud, clients: Any) -> None:
    def status(**query: str) -> int:
        return int(refused(clients.compute.base_client.call_api, "/images", "GET", query_params=query)[0])

    assert status() == 400
    assert status(compartmentId="ocid1.compartment.oc1..unknown") == 404
    assert status(compartmentId=cloud.compartment_id, sortBy="DISPLAYNAME") == 400
    assert status(compartmentId=cloud.compartment_id, shape="VM.Standard2.1") == 400
