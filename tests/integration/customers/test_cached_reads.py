"""The cache beside the deployed API, looked at through its own keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis
from deployed_stack import Deployment, Member, eventually

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def valkey(deployment: Deployment) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(deployment.state.redis_url) as client:
        yield client


def entry_key(member: Member, id: str) -> str:
    return f"{{{member.tenant.id}}}:e:customer:{id}"


def holds(valkey: redis.Redis, key: str, text: str) -> bool:
    return any(text.encode() in value for value in valkey.hgetall(key).values())


def test_a_read_fills_the_cache_and_a_write_replaces_what_is_there(
    deployment: Deployment, valkey: redis.Redis, home: Member
) -> None:
    id = home.customer(tier="silver")["customerId"]
    path, key = f"/v1/customers/{id}", entry_key(home, id)
    deployment.settle("cache")
    valkey.delete(key)
    assert home.get(path).json()["tier"] == "silver"
    assert holds(valkey, key, "silver")

    home.ask("PATCH", path, {"tier": "gold"})
    assert holds(valkey, key, "gold")
    assert not holds(valkey, key, "silver")
    answer = home.get(path)
    assert (answer.json()["tier"], answer.headers["etag"]) == ("gold", '"2"')
    assert home.send("GET", path, headers={"if-none-match": '"2"'}).status_code == 304


def test_a_hit_is_answered_without_the_database(
    deployment: Deployment, valkey: redis.Redis, home: Member
) -> None:
    id = home.customer(tier="silver")["customerId"]
    path = f"/v1/customers/{id}"
    deployment.settle("cache")
    before = home.get(path)
    # Behind everybody's back, with no event and no version: only a read of the table could show it.
    own = f"{home.tenant.id}#" if home.tenant.isolation == "bridge" else ""
    deployment.aws("dynamodb").update_item(
        TableName=deployment.table(home.tenant, "customers"),
        Key={"customerId": {"S": f"{own}{id}"}},
        UpdateExpression="SET companyName = :n",
        ExpressionAttributeValues={":n": {"S": "Changed in the table"}},
    )
    assert home.get(path).content == before.content
    valkey.delete(entry_key(home, id))
    assert home.get(path).json()["companyName"] == "Changed in the table"


def test_tenants_have_keys_of_their_own(valkey: redis.Redis, home: Member, stranger: Member) -> None:
    id = home.customer()["customerId"]
    path = f"/v1/customers/{id}"
    assert home.get(path).status_code == 200
    assert stranger.get(path).status_code == 404
    assert home.get(path).status_code == 200
    assert holds(valkey, entry_key(home, id), id)
    assert not holds(valkey, entry_key(stranger, id), id)
    for member in (home, stranger):
        assert all(
            key.startswith(f"{{{member.tenant.id}}}:".encode())
            for key in valkey.scan_iter(f"*{member.tenant.id}*", count=1000)
        )


def test_a_hit_shows_nobody_what_they_may_not_see(deployment: Deployment, home: Member) -> None:
    id = home.customer(ownerId="rep1", teamId="north")["customerId"]
    path = f"/v1/customers/{id}"
    north = deployment.member(home.tenant, "rep3", roles=["sales-rep"], team="north")
    south = deployment.member(home.tenant, "rep2", roles=["sales-rep"], team="south")
    for _ in range(2):  # the first read may fill the cache, the second one hits it
        assert north.get(path).status_code == 200
        assert south.get(path).status_code == 404
    assert id in north.get("/v1/customers", team="north").text
    assert id not in south.get("/v1/customers").text


def test_a_list_is_never_older_than_the_callers_own_write(home: Member) -> None:
    owner = {"owner": "rep7"}
    home.get("/v1/customers", **owner)
    for _ in range(3):
        id = home.customer(ownerId="rep7")["customerId"]
        assert id in home.get("/v1/customers", **owner).text
        home.ask("DELETE", f"/v1/customers/{id}")
        assert id not in home.get("/v1/customers", **owner).text


def test_a_missing_customer_is_found_as_soon_as_it_is_restored(home: Member) -> None:
    id = home.customer()["customerId"]
    path = f"/v1/customers/{id}"
    home.ask("DELETE", path)
    assert home.get(path).status_code == home.get(path).status_code == 404
    home.ask("POST", f"{path}/restore")
    assert home.get(path).status_code == 200
    eventually(lambda: home.get(path).headers["etag"] == '"3"')
