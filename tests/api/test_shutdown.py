"""A server that is told to stop does so, whoever waits."""

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import uvicorn

from protem.app import Server
from tests.api.applications import Api
from tests.broker.worlds import World

PATIENCE_SECONDS = 30


@contextmanager
def serving(api: Api) -> Iterator[tuple[Server, threading.Thread, str]]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = Server(uvicorn.Config(api.app, log_config=None, lifespan="on"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield server, thread, f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_whoever_waits_is_answered_and_the_server_stops(world: World) -> None:
    api = Api(world)
    alice = api.person("alice")
    path = f"/v1/requests/{world.submit(world.person('alice')).id}"
    answers: list[httpx2.Response] = []
    with serving(api) as (server, thread, url):

        def wait() -> None:
            answers.append(
                httpx2.get(f"{url}{path}?wait=60", headers=dict(alice.headers), timeout=PATIENCE_SECONDS)
            )

        waiting = threading.Thread(target=wait)
        waiting.start()
        while api.app.state.waiters.count == 0:
            assert waiting.is_alive()
        server.handle_exit(signal.SIGTERM, None)
        waiting.join(PATIENCE_SECONDS)
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()
    assert [answer.status_code for answer in answers] == [200]
