import assert from "node:assert/strict";
import { test } from "node:test";
import { PageFeed } from "../../../supervisor/page/page_feed.ts";
import { eventually } from "../../support/eventually.ts";
import { FakeControl } from "../support/fake_control.ts";

const TIMEOUT = { timeout: 60_000 };

/** A message of the feed, parsed. */
async function next(stream: AsyncGenerator<string>, kind: string) {
  for (;;) {
    const { value, done } = await stream.next();
    assert.ok(!done, `the stream has ended before ${kind}`);
    const [, event, data] = /^event: (\w+)\ndata: (.*)\n\n$/.exec(value)!;
    if (event === kind) return JSON.parse(data);
  }
}

test("a page is told all, then what changes, and of events at once", TIMEOUT, async () => {
  const control = new FakeControl();
  const feed = new PageFeed(control);
  const over = new AbortController();
  const stream = feed.stream(over.signal);
  try {
    const whole = await next(stream, "whole");
    assert.deepEqual(whole.rows.map(({ id }: { id: string }) => id), ["web", "db"]);
    assert.equal(whole.peaks.web.length, 60);
    assert.equal(whole.peaks.web.at(-1), 1.25);
    assert.ok(!("network_rx_bytes" in whole.rows[0]), "only what is shown");
    control.put({ id: "db", state: "failed", cpu_percent: null });
    control.put({ id: "mail" });
    control.emit({ id: "db", from: "running", to: "failed", reason: "exit code 3" });
    assert.equal((await next(stream, "event")).reason, "exit code 3");
    const tick = await next(stream, "tick");
    assert.deepEqual(tick.rows.map(({ id }: { id: string }) => id), ["db", "mail"]);
    assert.deepEqual(tick.order, ["web", "db", "mail"]);
    assert.deepEqual(tick.cpu_percent, [1.25, null, 1.25]);
    control.processes.delete("web");
    control.emit({ id: "web", kind: "removed" });
    await next(stream, "event");
    const after = await next(stream, "tick");
    assert.deepEqual([after.rows, after.order], [[], ["db", "mail"]]);
    assert.throws(() => feed.history("web", 0), /there is no process "web"/);
    const { times_ms, columns } = feed.history("db", 0);
    assert.equal(times_ms.length, columns.cpu_percent.length);
    assert.deepEqual([columns.cpu_percent[0], columns.cpu_percent.at(-1)], [1.25, null]);
  } finally {
    over.abort();
    await stream.return(undefined);
    feed.close();
  }
});

test(
  "a page that takes nothing is kept little for, and is shown the whole when it goes on",
  TIMEOUT,
  async () => {
    const control = new FakeControl();
    const feed = new PageFeed(control);
    const over = new AbortController();
    const stream = feed.stream(over.signal);
    try {
      await next(stream, "whole");
      // Listened for from the next message on.
      const first = stream.next();
      for (let count = 0; count < 60; count++) control.emit({ id: "web" });
      const kinds = [await first];
      while (kinds.length < 51) kinds.push(await stream.next());
      const names = kinds.map(({ value }) => /^event: (\w+)/.exec(value!)![1]);
      assert.deepEqual(names, [...Array(50).fill("event"), "whole"]);
    } finally {
      over.abort();
      await stream.return(undefined);
      feed.close();
    }
  },
);

test("nobody is told anything after the end, and the engine is let go of", TIMEOUT, async () => {
  const control = new FakeControl();
  const feed = new PageFeed(control);
  const over = new AbortController();
  const stream = feed.stream(over.signal);
  await next(stream, "whole");
  over.abort();
  assert.equal((await stream.next()).done, true);
  feed.close();
  await eventually(() => control.eventListeners.size === 0);
});
