"""Units by the names on the way to them, which nobody can make up by naming a unit cleverly."""

from protem.broker.units import Units
from protem.db.models import OrganizationalUnit
from protem.domain import names
from tests.broker.organization import PROD, ROOT, WORKLOADS
from tests.broker.worlds import World


def above(world: World, unit: str) -> frozenset[str]:
    with world.store.reading() as session:
        return Units(session).above(unit)


def unit(world: World, identifier: str, name: str, *, below: str = ROOT) -> str:
    with world.store.writing() as session:
        session.add(OrganizationalUnit(id=identifier, name=name, parent_id=below))
    return identifier


def test_an_account_is_below_every_unit_on_the_way(world: World) -> None:
    wanted = ("Workloads", "workloads/PROD", WORKLOADS, PROD, ROOT)
    assert above(world, PROD) == {names.unit_handle(one) for one in wanted}


def test_a_name_with_a_slash_is_no_path_however_it_is_written(world: World) -> None:
    for number, name in enumerate(["Workloads/Prod", "Workloads\uff0fProd"]):
        found = above(world, unit(world, f"ou-1111-slashed{number}", name))
        assert found == {names.unit_handle(ROOT), names.unit_handle(f"ou-1111-slashed{number}")}


def test_a_unit_below_one_with_a_slash_has_its_id_only(world: World) -> None:
    slashed = unit(world, "ou-1111-slashed0", "Workloads/Prod")
    below = unit(world, "ou-1111-belowone", "Prod", below=slashed)
    assert above(world, below) == {names.unit_handle(one) for one in (ROOT, slashed, below)}


def test_a_unit_that_is_called_like_another_s_id_does_not_pass_for_it(world: World) -> None:
    impostor = unit(world, "ou-1111-impostor", PROD)
    assert names.unit_handle(PROD) not in above(world, impostor)
    assert names.unit_handle("ou-1111-impostor") in above(world, impostor)


def test_no_account_is_below_units_in_a_circle(world: World) -> None:
    one = unit(world, "ou-1111-circle01", "one", below="ou-1111-circle02")
    unit(world, "ou-1111-circle02", "two", below=one)
    assert above(world, one) == frozenset()
