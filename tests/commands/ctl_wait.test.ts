import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { waitForAll } from "../../commands/ctl/ctl_wait.ts";
import type { WaitFlags } from "../../commands/ctl/ctl_wait.ts";
import { ProctorError } from "../../core/error.ts";
import { ApiServer } from "../../supervisor/api/serve.ts";
import { Client, Refused } from "../../supervisor/client/ctl_client.ts";
import type { ProcessStatus } from "../../supervisor/control.ts";
import { FakeControl } from "../supervisor/support/fake_control.ts";
import { withDirectory } from "../supervisor/support/logs.ts";

const TIMEOUT = { timeout: 120_000 };
type Wait = (names: string[], state: WaitFlags["for"], timeout?: number) => Promise<ProcessStatus[]>;

/** Lend a supervisor that makes believe, and who waits for its processes. */
async function waiting<T>(use: (wait: Wait, control: FakeControl, api: ApiServer) => Promise<T>): Promise<T> {
  return await withDirectory(async (directory) => {
    const control = new FakeControl(["web", "db"]);
    control.emit({ kind: "supervisor_started", id: null });
    const socket = `${directory}/s`;
    const api = await ApiServer.open(control, { socket });
    const wait: Wait = (names, state, timeout = 50_000) =>
      waitForAll(new Client({ socket }), { for: state, timeout }, names);
    try {
      return await use(wait, control, api);
    } finally {
      await api.close();
    }
  });
}

const ids = (statuses: readonly ProcessStatus[]) => statuses.map(({ id }) => id);

async function refused(waited: Promise<unknown>, said: RegExp): Promise<void> {
  await assert.rejects(waited, (error: Error) => {
    assert.ok(error instanceof Refused, String(error));
    assert.equal(error.exitCode, 1);
    assert.match(error.message, said);
    assert.doesNotMatch(error.message, /\n/);
    return true;
  });
}

/** Do something once the waiter has looked at a process for the first time, before it hears of it. */
function onLook(control: FakeControl, id: string, work: () => void): void {
  const get = control.get.bind(control);
  control.get = (asked) => {
    const status = get(asked);
    if (asked === id) {
      control.get = get;
      work();
    }
    return status;
  };
}

describe("ctl wait", () => {
  test(
    "sees what happens between its first look and the answer",
    TIMEOUT,
    () =>
      waiting(async (wait, control) => {
        control.put({ id: "web", state: "starting", health: "unknown" });
        onLook(control, "web", () => {
          control.put({ id: "web", state: "running", health: "healthy" });
          control.emit({ id: "web" });
        });
        assert.deepEqual(ids(await wait(["web", "db"], "healthy")), ["web", "db"]);
      }),
  );

  test("waits until all are so at the same time", TIMEOUT, () =>
    waiting(async (wait, control) => {
      control.put({ id: "db", state: "starting" });
      onLook(control, "db", () => {
        control.put({ id: "web", state: "backoff" });
        control.emit({ id: "web", from: "running", to: "backoff" });
        control.put({ id: "db", state: "running" });
        control.emit({ id: "db" });
        control.emit({ id: "other", kind: "health" });
      });
      const both = wait(["*"], "running");
      while (control.events.length < 4) await new Promise((resolve) => setTimeout(resolve, 5));
      control.put({ id: "web", state: "running", restarts: 1 });
      control.emit({ id: "web", from: "backoff", to: "running" });
      assert.deepEqual((await both).map(({ id, restarts }) => [id, restarts]), [["web", 1], ["db", 0]]);
    }));

  test(
    "takes one that was restarted at once for one that has exited",
    TIMEOUT,
    () =>
      waiting(async (wait, control) => {
        onLook(control, "web", () => control.emit({ id: "web", from: "stopping", to: "starting" }));
        // The description has an exit from before, but the process runs.
        assert.equal((await wait(["web"], "exited"))[0].state, "running");
        onLook(control, "web", () => control.emit({ id: "web", from: "running", to: "stopping" }));
        await refused(wait(["web"], "exited", 300), /^not exited after 0\.3 s: web is running \(healthy\)$/);
      }),
  );

  test("looks at everybody where it has missed events", TIMEOUT, () =>
    waiting(async (wait, control) => {
      control.put({ id: "web", state: "starting" });
      onLook(control, "web", () => {
        for (let count = 0; count < 5_000; count++) control.emit({ id: "db", kind: "limit" });
        control.put({ id: "web", state: "running" });
        control.emit({ id: "web" });
      });
      assert.equal((await wait(["web"], "ready")).length, 1);
    }));

  test(
    "ends with one line when it cannot come about any more",
    TIMEOUT,
    () =>
      waiting(async (wait, control, api) => {
        control.put({ id: "web", state: "failed", pid: null, reason: "it gave up" });
        await refused(wait(["web"], "running"), /^web: it has failed: it gave up$/);
        assert.equal((await wait(["web"], "stopped")).length, 1);
        control.put({ id: "db", health: null });
        await refused(wait(["db"], "healthy"), /^db: it has no health check/);
        assert.equal((await wait(["db"], "ready")).length, 1);
        onLook(control, "db", () => {
          control.processes.delete("db");
          control.emit({ id: "db", kind: "removed", from: null, to: null, reason: "it is no longer wanted" });
        });
        await refused(wait(["db"], "stopped"), /^db: it was removed: it is no longer wanted$/);
        await refused(wait(["none"], "stopped"), /^there is no process "none"$/);
        control.put({ id: "web", state: "starting", reason: null });
        onLook(control, "web", () => void api.close());
        await refused(wait(["web"], "running"), /^the supervisor has ended$/);
      }),
  );

  test(
    "is told that the supervisor has ended, where it answers no more after its last events",
    TIMEOUT,
    async () => {
      const web = {
        id: "web",
        type: "standard_managed",
        groups: [],
        state: "running",
        health: null,
        reason: null,
      };
      let isGone = false;
      const client = {
        ask: (_: string, path: string) =>
          isGone
            ? Promise.reject(new ProctorError("system", "no supervisor listens there"))
            : Promise.resolve(path === "/processes" ? [web] : web),
        events: async function* () {
          yield { event: "transition", data: { id: null, kind: "supervisor_started", from: null, to: null } };
          isGone = true;
          const ending = { id: "web", kind: "transition", from: "running", to: "stopping" };
          yield { event: "transition", data: ending };
          yield { event: "transition", data: ending };
        },
      } as unknown as Client;
      await refused(
        waitForAll(client, { for: "stopped", timeout: 50_000 }, ["web"]),
        /^the supervisor has ended$/,
      );
    },
  );
});
