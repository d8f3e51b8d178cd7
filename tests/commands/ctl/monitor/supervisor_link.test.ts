import assert from "node:assert/strict";
import { test } from "node:test";
import { SupervisorLink } from "../../../../commands/ctl/monitor/supervisor_link.ts";
import type { Asker } from "../../../../commands/ctl/monitor/supervisor_link.ts";
import { ApiServer } from "../../../../supervisor/api/serve.ts";
import { Client } from "../../../../supervisor/client/ctl_client.ts";
import { eventually } from "../../../support/eventually.ts";
import type { ProcessStatus } from "../../../../supervisor/control.ts";
import { FakeControl, logLine } from "../../../supervisor/support/fake_control.ts";
import { withDirectory } from "../../../supervisor/support/logs.ts";
import { status } from "./support/monitor_screen.ts";

const TIMEOUT = { timeout: 60_000 };
/** Looks come by themselves so seldom that what is seen sooner was seen for another reason. */
const SELDOM_MS = 600_000;

interface Linked {
  readonly link: SupervisorLink;
  readonly control: FakeControl;
  readonly socket: string;
  /** The supervisor ends, and its streams with it. */
  readonly end: () => Promise<void>;
}

async function withLink(intervalMs: number, use: (linked: Linked) => Promise<void>): Promise<void> {
  await withDirectory(async (directory) => {
    const control = new FakeControl();
    const socket = `${directory}/s`;
    const api = await ApiServer.open(control, { socket });
    const failures: unknown[] = [];
    const link = new SupervisorLink({
      connect: () => new Client({ socket }),
      intervalMs,
      changed: () => {},
      fail: (error) => failures.push(error),
    });
    try {
      await link.start();
      await use({ link, control, socket, end: () => api.close() });
    } finally {
      link.close();
      await api.close();
    }
    assert.deepEqual(failures, []);
  });
}

const texts = ({ known: { log } }: SupervisorLink) =>
  Array.from({ length: log.end - log.first }, (_, index) => log.at(log.first + index).text);

test(
  "what happens is heard, and looked at soon",
  TIMEOUT,
  () =>
    withLink(SELDOM_MS, async ({ link: { known }, control }) => {
      assert.deepEqual(known.statuses.map(({ id }) => id), ["web", "db"]);
      await eventually(() => control.eventListeners.size === 1);
      control.put({ id: "web", state: "failed" });
      control.emit({ id: "web", from: "running", to: "failed", reason: "it ended with exit code 3" });
      await eventually(() => known.statuses[0].state === "failed");
      assert.equal(known.events.at(-1)?.reason, "it ended with exit code 3");
    }),
);

test(
  "events that go on and on do not keep it from looking",
  TIMEOUT,
  () =>
    withLink(SELDOM_MS, async ({ link: { known }, control }) => {
      await eventually(() => control.eventListeners.size === 1);
      const many = setInterval(() => control.emit({}), 20);
      try {
        await eventually(() => known.tick >= 3);
      } finally {
        clearInterval(many);
      }
    }),
);

test(
  "the log of the chosen process is followed, and no other",
  TIMEOUT,
  () =>
    withLink(SELDOM_MS, async ({ link, control }) => {
      control.lines.set("web", [logLine("one"), logLine("two\nthree")]);
      control.lines.set("db", [logLine("of db")]);
      link.choose("web", false);
      await eventually(() => texts(link).length === 3);
      assert.deepEqual(texts(link), ["one", "two", "three"]);
      for (const follower of control.followers) follower.push([logLine("four")]);
      await eventually(() => texts(link).length === 4);
      link.choose("db", false);
      assert.deepEqual(texts(link), []);
      await eventually(() => texts(link).includes("of db"));
      // The stream of before has ended on both sides, though nothing more was written to it.
      await eventually(() => control.followers.size === 1);
    }),
);

test(
  "a log that ended is taken up again: its process may be there anew",
  TIMEOUT,
  () =>
    withLink(50, async ({ link, control }) => {
      control.lines.set("web", [logLine("before")]);
      link.choose("web", false);
      await eventually(() => control.followers.size === 1 && texts(link).includes("before"));
      control.lines.set("web", [logLine("before"), logLine("after")]);
      for (const follower of control.followers) follower.end();
      await eventually(() => texts(link).length === 2);
      assert.deepEqual(texts(link), ["before", "after"]);
    }),
);

test(
  "whose logs cannot be read is told why",
  TIMEOUT,
  () =>
    withLink(SELDOM_MS, async ({ link, control }) => {
      link.choose("web", false);
      control.processes.delete("web");
      await eventually(() => link.known.log.trouble !== null);
      assert.equal(link.known.log.trouble, 'there is no process "web"');
    }),
);

test(
  "all about a process is asked for where it is wanted",
  TIMEOUT,
  () =>
    withLink(SELDOM_MS, async ({ link }) => {
      link.choose("web", true);
      await eventually(() => link.known.description?.status.id === "web");
      link.choose("db", true);
      assert.equal(link.known.description, null);
      await eventually(() => link.known.description?.status.id === "db");
    }),
);

test(
  "what is done is told in words, a refusal as well, and seen at once",
  TIMEOUT,
  () =>
    withLink(SELDOM_MS, async ({ link, control }) => {
      assert.equal(await link.act("stop", "web"), "web: stopped");
      assert.equal(await link.act("restart", "db"), "db: running (pid 4712)");
      assert.equal(await link.act("start", "none"), 'there is no process "none"');
      assert.deepEqual(control.asked, ["stop web", "restart db"]);
      await eventually(() => link.known.statuses[0].state === "stopped");
    }),
);

test(
  "a supervisor that goes is missed at once, and met again when it is back",
  TIMEOUT,
  () =>
    withLink(50, async ({ link, socket, end }) => {
      const { known } = link;
      link.choose("web", false);
      await eventually(() => known.events.length === 0 && known.tick > 1);
      await end();
      await eventually(() => known.trouble !== null && /no supervisor listens/.test(known.trouble.words));
      // What was known is still there to be seen.
      assert.equal(known.statuses.length, 2);
      assert.match(await link.act("stop", "web"), /^no supervisor listens at /);
      const next = new FakeControl(["web"]);
      next.lines.set("web", [logLine("again")]);
      next.emit({ id: "web" });
      const api = await ApiServer.open(next, { socket });
      try {
        await eventually(() => known.trouble === null && known.statuses.length === 1);
        await eventually(() => texts(link).includes("again") && known.events.length === 1);
      } finally {
        await api.close();
      }
    }),
);

/** A supervisor that is asked what all do, and no more. */
function asker(statuses: () => Promise<ProcessStatus[]>): Asker {
  async function* nothing<T>(_: string, signal?: AbortSignal): AsyncGenerator<T> {
    await new Promise((resolve) => signal?.addEventListener("abort", resolve));
    yield* [];
  }
  const ask = <T>() => Promise.resolve({ pid: 1, started_at: "", uptime_seconds: 0 } as T);
  return { ask, statuses, lines: nothing, events: nothing };
}

test(
  "while nothing moves the supervisor is asked more seldom, until somebody is at the keys",
  TIMEOUT,
  async () => {
    const INTERVAL_MS = 100;
    const asked: number[] = [];
    let restarts = 0;
    const connect = () =>
      asker(() => {
        asked.push(performance.now());
        return Promise.resolve([status("web", { restarts })]);
      });
    const link = new SupervisorLink({ connect, intervalMs: INTERVAL_MS, changed: () => {}, fail: () => {} });
    const lastPause = () => asked.at(-1)! - asked.at(-2)!;
    try {
      await link.start();
      // The first look finds something, and three more nothing.
      await eventually(() => asked.length >= 5);
      // Timers may be a little early.
      assert.ok(lastPause() >= INTERVAL_MS * 2 - 5, `${asked}`);
      await eventually(() => asked.length >= 8);
      assert.ok(lastPause() >= INTERVAL_MS * 3 - 5, `${asked}`);
      // On a busy machine some come late, but not all of them.
      const pauses = async (count: number, before: () => void): Promise<number[]> => {
        const found: number[] = [];
        while (found.length < count) {
          const known = asked.length;
          before();
          await eventually(() => asked.length > known);
          found.push(lastPause());
        }
        return found;
      };
      const stirred = await pauses(5, () => link.stir());
      assert.ok(Math.min(...stirred) < INTERVAL_MS * 1.9, `${stirred}`);
      // What moves is looked at in the interval that was asked for.
      const moving = await pauses(8, () => restarts++);
      assert.ok(Math.min(...moving.slice(3)) < INTERVAL_MS * 1.9, `${moving}`);
    } finally {
      link.close();
    }
  },
);

test("who answers slowly is asked more seldom", TIMEOUT, async () => {
  const [asked, answered]: [number[], number[]] = [[], []];
  const statuses = async () => {
    asked.push(performance.now());
    await new Promise((resolve) => setTimeout(resolve, 12));
    answered.push(performance.now());
    return [];
  };
  const connect = () => asker(statuses);
  const link = new SupervisorLink({ connect, intervalMs: 1, changed: () => {}, fail: () => {} });
  try {
    await link.start();
    await eventually(() => asked.length >= 3);
  } finally {
    link.close();
  }
  // A hundredth of the time at most is spent on answers; timers may be a little early.
  for (const index of [0, 1]) assert.ok(asked[index + 1] - answered[index] >= 990, `${asked} ${answered}`);
});
