import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web

from deploy.command.calls import REGISTRY, Calls
from deploy.command.concurrently import for_each
from deploy.command.failures import Unexpected, Unreachable

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Serve = Callable[[Handler], Awaitable[str]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    runners: list[web.AppRunner] = []

    async def start(handler: Handler) -> str:
        app = web.Application(client_max_size=16 << 20)
        app.router.add_route("*", "/{path:.*}", handler)
        runner = web.AppRunner(app)
        await runner.setup()
        runners.append(runner)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        return f"http://{host}:{port}"

    yield start
    for runner in runners:
        await runner.cleanup()


def calls(address: str, patience_seconds: float = 10.0) -> Calls:
    return Calls({REGISTRY: address}, lambda: "a-token", patience_seconds=patience_seconds)


async def test_a_write_carries_token_key_position_and_check(serve: Serve) -> None:
    async def answer(request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer a-token"
        assert request.headers["Idempotency-Key"] == "k"
        assert request.headers["After-Position"] == "registry=1@00000000"
        assert request.query == {"check": "1"}
        assert await request.json() == {"name": "Siti Contoh"}
        return web.json_response({"id": "p"}, status=201, headers={"Event-Position": "registry=2@00000000"})

    async with calls(await serve(answer)) as asked:
        reply = await asked.post(
            REGISTRY, "/workers", {"name": "Siti Contoh"}, key="k", after="registry=1@00000000", check=True
        )
    assert (reply.status, reply.body, reply.position) == (201, {"id": "p"}, "registry=2@00000000")


async def test_a_lost_connection_and_a_503_are_tried_again_with_the_same_key(serve: Serve) -> None:
    keys: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        keys.append(request.headers["Idempotency-Key"])
        match len(keys):
            case 1:
                assert request.transport
                request.transport.abort()
                return web.Response()
            case 2:
                return web.json_response({"slug": "not-ready"}, status=503, headers={"Retry-After": "0"})
            case _:
                return web.json_response({"id": "p"}, status=201)

    async with calls(await serve(answer)) as asked:
        assert (await asked.post(REGISTRY, "/workers", {}, key="k")).status == 201
    assert keys == ["k"] * 3


async def test_what_gets_no_answer_in_time_is_asked_again_over_a_connection_of_its_own(serve: Serve) -> None:
    """One process of several at an address hangs: who comes back over the same connection finds it again."""
    callers: list[object] = []
    over = asyncio.Event()

    async def answer(request: web.Request) -> web.Response:
        callers.append(request.transport and request.transport.get_extra_info("peername"))
        if callers[-1] == callers[0] and len(callers) > 1:
            await over.wait()
        return web.json_response({"n": len(callers)})

    async with Calls(
        {REGISTRY: await serve(answer)}, lambda: "a-token", patience_seconds=0, hanging_seconds=10, timeout_seconds=0.3
    ) as asked:
        for expected in ({"n": 1}, {"n": 3}):
            assert (await asked.get(REGISTRY, "/figures")).must() == expected
    assert callers[0] == callers[1] != callers[2]
    over.set()


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412, 422, 500])
async def test_every_other_answer_is_an_answer(serve: Serve, status: int) -> None:
    asked_for = 0

    async def answer(_request: web.Request) -> web.Response:
        nonlocal asked_for
        asked_for += 1
        return web.json_response({"slug": "no", "title": "No.", "title_id": "Tidak."}, status=status)

    async with calls(await serve(answer)) as asked:
        reply = await asked.post(REGISTRY, "/workers", {}, key="k")
    assert (reply.status, reply.slug, asked_for) == (status, "no", 1)
    with pytest.raises(Unexpected, match=f"registry answered POST /workers with {status} no: No. · Tidak."):
        reply.must()


async def test_a_service_that_is_away_for_longer_than_the_patience_is_named() -> None:
    async with calls("http://127.0.0.1:9", patience_seconds=0.2) as asked:
        with pytest.raises(Unreachable, match="registry does not answer"):
            await asked.get(REGISTRY, "/figures")


async def test_many_writes_are_as_few_requests_as_take_them_and_a_503_of_one_is_asked_again(serve: Serve) -> None:
    sizes: list[int] = []

    async def answer(request: web.Request) -> web.Response:
        assert (request.path, dict(request.query)) == ("/workers/bulk", {"check": "1"})
        items = (await request.json())["items"]
        sizes.append(len(items))
        status = 503 if len(sizes) == 1 else 201
        results = [{"status": status if one["body"]["n"] == 7 else 409, "slug": one["key"]} for one in items]
        return web.json_response({"results": results}, headers={"Event-Position": f"registry={len(sizes)}@00000000"})

    async with calls(await serve(answer)) as asked:
        replies = await asked.post_all(REGISTRY, "/workers", [(f"k{n}", {"n": n}) for n in range(1500)], check=True)
        large = [(f"k{n}", {"n": n, "name": "S" * (600 << 10)}) for n in range(2)]
        await asked.post_all(REGISTRY, "/workers", large, check=True)
    assert sizes == [1000, 1000, 500, 1, 1]
    assert [reply.slug for reply in replies] == [f"k{n}" for n in range(1500)]
    assert [n for n, reply in enumerate(replies) if reply.ok] == [7]
    assert (replies[0].position, replies[-1].position) == ("registry=2@00000000", "registry=3@00000000")


async def test_what_is_said_of_a_bulk_request_is_said_of_none_of_its_items(serve: Serve) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.json_response({"slug": "scope-missing", "title": "No.", "title_id": "Tidak."}, status=403)

    async with calls(await serve(answer)) as asked:
        with pytest.raises(Unexpected, match="scope-missing"):
            await asked.post_all(REGISTRY, "/workers", [("k", {})])


async def test_a_list_is_read_page_by_page(serve: Serve) -> None:
    async def answer(request: web.Request) -> web.Response:
        at = int(request.query.get("cursor", "0"))
        return web.json_response({"items": [{"n": at}], "next": str(at + 1) if at < 2 else None})

    async with calls(await serve(answer)) as asked:
        assert [item["n"] async for item in asked.items(REGISTRY, "/figures")] == [0, 1, 2]


async def test_the_first_failure_ends_the_others_and_is_told_as_itself() -> None:
    begun: list[int] = []

    async def do(n: int) -> None:
        begun.append(n)
        if n == 2:
            raise Unreachable(REGISTRY, "gone")

    with pytest.raises(Unreachable):
        await for_each(range(100), do, at_once=1)
    assert begun == [0, 1, 2]
