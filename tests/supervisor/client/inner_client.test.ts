import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiServer } from "../../../supervisor/api/serve.ts";
import { Refused } from "../../../supervisor/client/ctl_client.ts";
import { InnerClient } from "../../../supervisor/client/inner_client.ts";
import type { ProcessStatus, SupervisorEvent } from "../../../supervisor/control.ts";
import type { LogLine } from "../../../supervisor/logs/log_line.ts";
import { eventually } from "../../support/eventually.ts";
import { FakeControl, logLine } from "../support/fake_control.ts";

const TIMEOUT = { timeout: 60_000 };

async function withClient(use: (client: InnerClient, control: FakeControl) => Promise<void>): Promise<void> {
  const control = new FakeControl();
  // No door is opened: nothing listens.
  const api = await ApiServer.open(control, {});
  try {
    await use(new InnerClient(api.answer, control), control);
  } finally {
    await api.close();
  }
}

test(
  "asks, has things done, and is refused in the supervisor's words",
  TIMEOUT,
  () =>
    withClient(async (client, control) => {
      const told = await client.ask<ProcessStatus[]>("GET", "/processes");
      assert.deepEqual(told.map(({ id }) => id), ["web", "db"]);
      // What is asked often goes past the text of an answer, and is the same.
      assert.deepEqual(await client.statuses(), told);
      await client.ask("POST", "/processes/web/signal?signal=HUP");
      assert.deepEqual(control.asked, ["signal HUP web"]);
      await assert.rejects(
        client.ask("POST", "/processes/nobody/stop"),
        (error) => error instanceof Refused && /nobody/.test(error.message),
      );
      await assert.rejects(client.lines("/processes/nobody/logs").next(), Refused);
    }),
);

test(
  "follows events and a log until it is told to stop, and leaves nothing behind",
  TIMEOUT,
  () =>
    withClient(async (client, control) => {
      control.lines.set("web", [logLine("one"), logLine("zwei – ü")]);
      const stop = new AbortController();
      const lines: string[] = [];
      const followed = (async () => {
        for await (
          const { message } of client.lines<LogLine>("/processes/web/logs?follow=true", stop.signal)
        ) {
          lines.push(message);
        }
      })();
      const events: SupervisorEvent[] = [];
      const heard = (async () => {
        for await (const { data } of client.events<SupervisorEvent>("/events", stop.signal)) {
          events.push(data);
        }
      })();
      await eventually(() => lines.length === 2 && control.eventListeners.size === 1);
      control.emit({ id: "web", reason: "just so" });
      for (const follower of control.followers) follower.push([logLine("three")]);
      await eventually(() => lines.length === 3 && events.length === 1);
      assert.deepEqual(lines, ["one", "zwei – ü", "three"]);
      assert.equal(events[0].reason, "just so");
      stop.abort();
      await Promise.all([followed, heard]);
      await eventually(() => control.eventListeners.size === 0);
    }),
);
