import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { Socket } from "node:net";
import { test } from "node:test";
import { showStatus } from "../../../commands/ctl/ctl_work.ts";
import { ApiServer } from "../../../supervisor/api/serve.ts";
import { Client, pathOf } from "../../../supervisor/client/ctl_client.ts";
import { Turns } from "../../../supervisor/client/turns.ts";
import type { ProcessStatus } from "../../../supervisor/control.ts";
import { eventually } from "../../support/eventually.ts";
import { FakeControl } from "../support/fake_control.ts";
import { withDirectory } from "../support/logs.ts";

test(
  "more may be asked at once than a supervisor has connections for",
  { timeout: 60_000 },
  () =>
    withDirectory(async (directory) => {
      const ids = Array.from({ length: 400 }, (_, number) => `web:${number}`);
      const control = new FakeControl(ids);
      const api = await ApiServer.open(control, { socket: `${directory}/s` });
      try {
        // What is asked takes so long that all of it is asked for meanwhile.
        let open = () => {};
        control.gate = new Promise((resolve) => open = resolve);
        const client = new Client({ socket: api.addresses[0] });
        const all = Promise.all(ids.map((id) => client.ask<ProcessStatus>("POST", pathOf(id, "/stop"))));
        all.catch(() => {});
        await eventually(() => control.asked.length >= 64);
        open();
        assert.deepEqual((await all).map(({ id }) => id), ids);
        assert.equal(control.asked.length, ids.length);
      } finally {
        await api.close();
      }
    }),
);

test(
  "who stands still is given up once, not once for each that waits",
  { timeout: 60_000 },
  () =>
    withDirectory(async (directory) => {
      const silent = createServer();
      const seen = new Set<Socket>();
      silent.on("connection", (socket) => seen.add(socket.on("error", () => {})));
      await new Promise<void>((resolve) => silent.listen(`${directory}/s`, resolve));
      try {
        const client = new Client({ socket: `${directory}/s` });
        const asked = await Promise.allSettled(
          Array.from({ length: 300 }, () => client.ask("GET", "/processes")),
        );
        for (const one of asked) {
          assert.match(String(one.status === "rejected" && one.reason.message), / does not answer$/);
        }
        assert.equal(seen.size, 64);
      } finally {
        for (const socket of seen) socket.destroy();
        await new Promise((resolve) => silent.close(resolve));
      }
    }),
);

test("an id is not empty", () => {
  assert.equal(pathOf("a b", "/stop"), "/processes/a%20b/stop");
  assert.throws(() => pathOf("", "/stop"), /^ProctorError: an id is empty; /);
});

test("turns go round in order, and on after a failure", async () => {
  const turns = new Turns(2);
  const told: string[] = [];
  let underWay = 0;
  const done = await Promise.allSettled([..."abcde"].map((name) =>
    turns.take(async () => {
      told.push(name);
      assert.ok(++underWay <= 2);
      await new Promise((resolve) => setTimeout(resolve, 1));
      underWay--;
      if (name === "a") throw new Error("a");
      return name;
    })
  ));
  assert.equal(told.join(""), "abcde");
  assert.deepEqual(done.map(({ status }) => status), ["rejected", ...Array(4).fill("fulfilled")]);
});

test("the status of some is in the one answer that tells who is there", async () => {
  const asked: string[] = [];
  const all = ["web:0", "web:1", "db"].map((id) => ({ id, type: "standard_managed", groups: [] }));
  const client = {
    ask: (_: string, path: string) => {
      asked.push(path);
      return path === "/processes" ? Promise.resolve(all) : Promise.reject(new Error("there is no process"));
    },
  } as unknown as Client;
  assert.equal(await showStatus(client, { json: true }, ["web", "d*"]), 0);
  assert.deepEqual(asked, ["/processes"]);
  await assert.rejects(showStatus(client, { json: true }, ["nobody"]), /there is no process/);
});
