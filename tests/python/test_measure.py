"""`measure`: what a block or a function of this program costs."""

import asyncio
import inspect
import os
import resource
import subprocess
import sys
import time

import pytest

import proctor


def use_cpu(seconds):
    """Use so much CPU of this thread."""
    begin = time.thread_time()
    while time.thread_time() - begin < seconds:
        pass


def test_a_block():
    with proctor.measure("block") as m:
        begin = time.process_time()
        use_cpu(0.3)
        truth = time.process_time() - begin
        assert m.summary is None and m.monitor.pid
    assert m.summary.cpu_seconds == pytest.approx(truth, abs=0.02)
    assert m.summary.cpu_seconds >= 0.3
    assert m.elapsed_seconds >= 0.3
    assert m.summary.name == "block"
    assert m.summary.accounting["cpu"]["quality"] == "exact"


def test_what_was_before_and_after_is_not_counted():
    use_cpu(0.3)
    with proctor.measure() as m:
        pass
    use_cpu(0.3)
    assert m.summary.cpu_seconds < 0.02
    assert m.elapsed_seconds < 0.1


def test_a_very_short_block_is_told():
    with proctor.measure() as empty:
        pass
    with proctor.measure("short") as m:
        use_cpu(0.005)
    assert 0.004 < m.summary.cpu_seconds - empty.summary.cpu_seconds < 0.02
    assert 0.005 <= m.elapsed_seconds < 0.1
    assert str(m).startswith("short: ") and "(exact)" in str(m)
    peak = m.summary.accounting["peak_memory"]["quality"].replace("_", " ")
    assert f"memory peak {m.summary.peak_memory_bytes / 2**20:.1f} MiB ({peak})" in str(m)


def test_children_are_counted_and_proctor_itself_is_not():
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with proctor.measure() as m:
        command = [sys.executable, "-c", "import time\nwhile time.process_time() < 0.3: pass"]
        subprocess.run(command, check=True)
        between = resource.getrusage(resource.RUSAGE_CHILDREN)
        time.sleep(0.5)  # proctor samples meanwhile.
    truth = between.ru_utime + between.ru_stime - before.ru_utime - before.ru_stime
    assert m.summary.cpu_seconds == pytest.approx(truth, abs=0.04)
    assert m.summary.peak_process_count <= 2


def test_grandchildren_are_counted_once():
    burn = f"{sys.executable} -c 'import time\nwhile time.process_time() < 0.4: pass'"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with proctor.measure(interval=0.02) as m:
        subprocess.run(["sh", "-c", f'sh -c "{burn}; true"; true'], check=True)
        between = resource.getrusage(resource.RUSAGE_CHILDREN)
    truth = between.ru_utime + between.ru_stime - before.ru_utime - before.ru_stime
    assert m.summary.cpu_seconds == pytest.approx(truth, abs=0.06)


def test_the_error_of_the_block_goes_on():
    with pytest.raises(ZeroDivisionError):
        with proctor.measure() as m:
            1 / 0
    assert isinstance(m.error, ZeroDivisionError)
    assert m.summary is not None


def test_a_report_of_every_call():
    told = []

    @proctor.measure("work", report=told.append)
    def work(seconds):
        """Its words."""
        use_cpu(seconds)
        return seconds

    assert [work(0.01), work(seconds=0.1)] == [0.01, 0.1]
    assert work.__doc__ == "Its words."
    assert [m.name for m in told] == ["work", "work"]
    assert told[0].summary.cpu_seconds < 0.08 < told[1].summary.cpu_seconds
    assert work.measurement is told[1]


def test_a_function_that_raises_and_one_that_calls_itself():
    @proctor.measure()
    def count_down(number):
        if number == 0:
            raise KeyError("down")
        count_down(number - 1)

    with pytest.raises(KeyError):
        count_down(2)
    assert isinstance(count_down.measurement.error, KeyError)
    assert count_down.measurement.name.endswith("count_down")


def test_a_coroutine_function():
    @proctor.measure()
    async def work():
        await asyncio.sleep(0.05)
        return 7

    async def main():
        beats = 0

        async def beat():
            nonlocal beats
            while True:
                beats += 1
                await asyncio.sleep(0.005)

        task = asyncio.ensure_future(beat())
        assert await work() == 7
        async with proctor.measure("block") as m:
            await asyncio.sleep(0.01)
        task.cancel()
        assert m.summary.name == "block" and m.elapsed_seconds < 5
        assert beats > 5

    asyncio.run(main())
    assert 0.05 <= work.measurement.elapsed_seconds < 5


def test_a_generator_function_is_measured_while_its_body_runs():
    told = []

    @proctor.measure("items", report=told.append)
    def items(count):
        """Its words."""
        received = []
        for number in range(count):
            use_cpu(0.05)
            received.append((yield number))
        return received

    made = items(3)
    assert told == [] and items.__doc__ == "Its words."
    assert next(made) == 0
    time.sleep(0.3)  # The time between belongs to whoever takes them.
    assert made.send("a") == 1
    assert made.send("b") == 2
    with pytest.raises(StopIteration) as end:
        made.send("c")
    assert end.value.value == ["a", "b", "c"]
    (m,) = told
    assert m is items.measurement and m.error is None
    assert m.summary.cpu_seconds >= 0.15 and m.summary.wall_seconds >= 0.45
    assert 0.15 <= m.elapsed_seconds < m.summary.wall_seconds - 0.25
    assert "exact" in str(m)


def test_a_generator_that_is_closed_and_one_that_is_thrown_into():
    closed, told = [], []

    @proctor.measure("items", report=told.append)
    def items():
        try:
            while True:
                try:
                    yield 1
                except KeyError:
                    yield 2
        finally:
            closed.append(True)

    made = items()
    assert next(made) == 1
    assert made.throw(KeyError("k")) == 2
    made.close()
    assert closed == [True] and told[0].error is None
    with pytest.raises(ZeroDivisionError):
        made = items()
        next(made)
        made.throw(ZeroDivisionError())
    assert isinstance(told[1].error, ZeroDivisionError)
    items().close()  # Its body has never begun: there is nothing to tell.
    assert len(told) == 2


def test_an_asynchronous_generator_function():
    told, closed = [], []

    @proctor.measure("items", report=told.append)
    async def items(count):
        try:
            for number in range(count):
                use_cpu(0.05)
                await asyncio.sleep(0.02)
                try:
                    yield number
                except KeyError:
                    yield "caught"
        finally:
            closed.append(True)

    async def main():
        taken = []
        async for number in items(3):
            taken.append(number)
            await asyncio.sleep(0.2)
        assert taken == [0, 1, 2]
        made = items(9)
        assert await made.asend(None) == 0
        assert await made.athrow(KeyError("k")) == "caught"
        await made.aclose()
        with pytest.raises(ZeroDivisionError):
            made = items(9)
            await made.__anext__()
            await made.athrow(ZeroDivisionError())

    asyncio.run(main())
    assert closed == [True] * 3
    assert [type(m.error) for m in told] == [type(None), type(None), ZeroDivisionError]
    first = told[0]
    assert first.summary.cpu_seconds >= 0.15
    assert 0.21 <= first.elapsed_seconds < first.summary.wall_seconds - 0.5


def test_every_kind_of_function_stays_what_it_is():
    class Works:
        @proctor.measure()
        @classmethod
        def of_class(cls):
            return cls

        @proctor.measure
        @staticmethod
        def static():
            return "static"

        @proctor.measure
        async def method(self):
            await asyncio.sleep(0.05)
            return self

        async def __call__(self):
            await asyncio.sleep(0.05)
            return "called"

    @proctor.measure
    def bare(number):
        return number

    works = Works()
    called = proctor.measure()(works)
    assert Works.of_class() is Works and works.static() == "static" and bare(3) == 3
    assert bare.measurement.name.endswith("bare")
    for function in (Works.method, called):
        assert inspect.iscoroutinefunction(function)

    async def main():
        assert await works.method() is works
        assert await called() == "called"

    asyncio.run(main())
    assert Works.method.measurement.elapsed_seconds >= 0.05
    assert called.measurement.elapsed_seconds >= 0.05
    for function, is_kind in [
        (generator, inspect.isgeneratorfunction),
        (async_generator, inspect.isasyncgenfunction),
    ]:
        assert is_kind(proctor.measure(function))
    with pytest.raises(TypeError, match="the name is text"):
        proctor.measure(7)


def generator():
    """One kind."""
    yield 1


async def async_generator():
    """Another kind."""
    yield 1


def test_samples_of_a_long_block(tmp_path):
    with proctor.measure("long", interval=0.02, records=tmp_path / "records") as m:
        use_cpu(0.5)
        assert m.monitor.poll_metrics()["cpu_seconds"] > 0.1
    kinds = [record["kind"] for record in proctor.read_records(tmp_path / "records")]
    assert kinds.count("sample") == m.summary.sample_count >= 3


def test_each_is_used_once():
    block = proctor.measure()
    with block:
        pass
    with pytest.raises(RuntimeError, match="used already"):
        with block:
            pass


def test_a_proctor_that_is_killed_does_not_hide_what_the_block_raised():
    with pytest.raises(ZeroDivisionError):
        with proctor.measure() as m:
            m.monitor._session.process.kill()
            1 / 0
    assert m.summary is None and "CPU" not in str(m)
    with pytest.raises(proctor.ProctorError, match="signal 9"):
        with proctor.measure() as m:
            m.monitor._session.process.kill()


def test_a_forked_child_leaves_the_block_as_well():
    with proctor.measure() as m:
        pid = os.fork()
        if pid == 0:
            os._exit(leave(m))
        assert os.waitpid(pid, 0)[1] == 0
        use_cpu(0.05)
    assert m.summary.cpu_seconds > 0.05


def leave(m):
    """What a forked child does when it comes to the end of the block; 0 when it takes nothing away."""
    block = proctor.measure()
    block._measurement, block._began = m, 0.0
    block.__exit__(None, None, None)
    return 0 if m.summary is None else 1
