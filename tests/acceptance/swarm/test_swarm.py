"""The stack on a swarm of two nodes: it counts and crawls, is updated under load, and outlives one of the nodes."""

import pytest

from dev.waiting import eventually
from tests.acceptance.compose.stack import all_counted_once, outcomes
from tests.acceptance.recovery import Recoveries
from tests.acceptance.swarm.caller import WORDS, calling
from tests.acceptance.swarm.nodes import NETWORKS
from tests.acceptance.swarm.stack import RELEASES, SITE, STACK, Swarm

pytestmark = [pytest.mark.swarm, pytest.mark.allow_hosts(["127.0.0.1", "::1", NETWORKS])]

JOBS = 500
UPDATED_SECONDS = 300.0
NOTICED_SECONDS = 30.0  # Swarm says Down after 14 s
GOES_ON_SECONDS = 30.0


def test_a_page_is_counted_whichever_node_is_asked(swarm: Swarm) -> None:
    jobs = [manager.submit(f"{SITE}/words/{WORDS}/{manager.host}") for manager in swarm.managers]

    for manager in swarm.managers:
        assert outcomes(manager, jobs) == all_counted_once(len(jobs))


def test_a_site_is_crawled(swarm: Swarm) -> None:
    asker, other = swarm.managers
    crawl = asker.submit(f"{SITE}/links/7/start", kind="crawl", word="word")
    ended = other.ended_job(crawl, within=60)

    assert ended["status"] == "SUCCESS", ended
    assert ended["result"]["pages"] == 8
    assert ended["result"]["word"] == {"word": "word", "count": 10 + sum(range(1, 8)), "pages": 8}


def test_a_container_is_confined_as_in_compose(swarm: Swarm) -> None:
    names = swarm.leader.docker("ps", "--quiet", "--filter", f"name={STACK}_job_").split()
    hosts = [container["HostConfig"] for container in swarm.inspect("container", *names)]

    assert len(hosts) >= 7
    assert {host["ReadonlyRootfs"] for host in hosts} == {True}
    assert {tuple(host["CapDrop"]) for host in hosts} == {("ALL",)}
    assert {host["Init"] for host in hosts} == {True}
    assert all(host["Memory"] > 0 and host["PidsLimit"] > 0 for host in hosts)
    privileges = [swarm.leader.docker("exec", name, "grep", "NoNewPrivs", "/proc/1/status") for name in names]
    assert {line.split()[1] for line in privileges} == {"1"}


def test_no_secret_is_in_what_the_engine_tells(swarm: Swarm) -> None:
    services = swarm.leader.docker("service", "ls", "--quiet").split()
    told = str(swarm.inspect("service", *services))

    assert not [secret for secret in swarm.passwords if secret in told]


def test_an_update_under_load_fails_no_submission_and_spends_no_attempt(swarm: Swarm) -> None:
    release = RELEASES[1]

    with calling(swarm.managers) as caller:
        swarm.run("Update")
        eventually(lambda: swarm.has_updated(release), "every service is updated", seconds=UPDATED_SECONDS)
        eventually(lambda: swarm.runs_as_told(workers=4), "the stack runs", seconds=UPDATED_SECONDS)

    print(f"\n{len(caller.accepted)} submissions during the update, {caller.passed_on} to the other node")  # noqa: T201 - a figure for the reader
    assert caller.failed == []
    assert len(caller.accepted) > 50
    assert outcomes(swarm.managers[0], caller.accepted) == all_counted_once(len(caller.accepted))


def test_a_node_that_dies_in_the_middle_loses_and_doubles_nothing(swarm: Swarm, recoveries: Recoveries) -> None:
    left, lost = swarm.nodes
    manager = swarm.managers[0]
    jobs = manager.submit_all([f"{SITE}/words/{WORDS}/{number}?seconds=1" for number in range(JOBS)])
    eventually(lambda: swarm.attempts_at(lost) >= 8, "it has work", seconds=60)

    with calling([manager]) as caller:
        lost.lose_power()
        with recoveries.measure("a node lost its power: the swarm notices", NOTICED_SECONDS):
            eventually(lambda: swarm.is_down(lost), "the swarm says that it is down", seconds=2 * NOTICED_SECONDS)
        under_way = swarm.unfinished()
        with recoveries.measure("a node lost its power: from then on, all goes on", GOES_ON_SECONDS):
            eventually(lambda: swarm.attempts_at(lost) == 0, "no attempt is there any more", seconds=60)
            eventually(lambda: swarm.runs_as_told(workers=3), f"all runs on {left.name}", seconds=60)
        ended = outcomes(manager, jobs)

    print(f"\n{under_way} jobs under way when the swarm noticed, {len(caller.accepted)} submissions meanwhile")  # noqa: T201 - a figure for the reader
    assert ended == all_counted_once(JOBS)
    assert caller.failed == []
    assert outcomes(manager, caller.accepted) == all_counted_once(len(caller.accepted))
