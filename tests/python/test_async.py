"""The same from coroutines, without holding the event loop up."""

import asyncio
import time

import pytest

import proctor
from conftest import is_alive

FAST = {"interval": 0.02, "adaptive": False, "budget": 50}


async def heartbeat(beats):
    """Tells whether the loop turns."""
    while True:
        beats.append(time.monotonic())
        await asyncio.sleep(0.01)


def test_async_for_gives_every_record_while_the_loop_turns():
    async def main():
        beats = []
        task = asyncio.ensure_future(heartbeat(beats))
        async with proctor.start_monitor(["sleep", "0.5"], **FAST) as monitor:
            begun = len(beats)
            records = [record async for record in monitor]
            summary = await monitor.wait_async()
        task.cancel()
        assert records[0]["kind"] == "start" and records[-1] == summary
        assert len(records) == summary.sample_count + 3
        assert len(beats) - begun > 15

    asyncio.run(main())


def test_many_at_once():
    async def cost(number):
        async with proctor.start_monitor(["sh", "-c", f"sleep 0.2; exit {number}"], **FAST) as monitor:
            kinds = [record["kind"] async for record in monitor]
            assert kinds[0] == "start" and kinds[-1] == "summary"
            return (await monitor.wait_async()).exit_code

    async def main():
        return await asyncio.gather(*(cost(number) for number in range(8)))

    assert asyncio.run(main()) == list(range(8))


def test_a_timeout_and_a_cancelled_task_leave_nothing():
    async def main():
        with pytest.raises(asyncio.TimeoutError):
            async with proctor.start_monitor(["sleep", "60"]) as monitor:
                await asyncio.wait_for(monitor.wait_async(), 0.1)
        assert not is_alive(monitor.pid)

        made = []

        async def work():
            async with proctor.start_monitor(["sleep", "60"], **FAST) as monitor:
                made.append(monitor)
                async for _ in monitor:
                    pass

        task = asyncio.ensure_future(work())
        while not made or made[0].poll_metrics() is None:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not is_alive(made[0].pid)

    asyncio.run(main())


def test_stop_async():
    async def main():
        monitor = proctor.start_monitor(["sleep", "60"])
        summary = await monitor.stop_async()
        assert summary.outcome == "interrupted" and not is_alive(monitor.pid)

    asyncio.run(main())


def test_records_that_are_there_already_do_not_starve_the_loop():
    async def main():
        monitor = proctor.start_monitor(["sleep", "1"], interval="1ms", adaptive=False, budget=100)
        await asyncio.get_running_loop().run_in_executor(None, monitor.wait)
        turns = 0

        async def turn():
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.ensure_future(turn())
        count = 0
        async for _ in monitor:
            count += 1
        task.cancel()
        assert count > 200 and turns >= count // 64

    asyncio.run(main())


def test_a_loop_that_is_closed_harms_nobody():
    monitor = proctor.start_monitor(["sleep", "60"], **FAST)

    async def look():
        async for record in monitor:
            if record["kind"] == "sample":
                return

    for _ in range(3):
        asyncio.run(look())
    assert monitor.stop().sample_count >= 3


def test_a_subscription():
    async def main():
        with proctor.Sysmon() as sysmon, sysmon.subscribe(["RPCGetUptime"], 0.05) as subscription:
            frames = []
            async for frame in subscription:
                frames.append(frame["readings"]["RPCGetUptime"]["uptime"])
                if len(frames) == 4:
                    return frames

    frames = asyncio.run(main())
    assert frames == sorted(frames)
