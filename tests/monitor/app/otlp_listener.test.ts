/* The OTLP listener in itself; what it takes is in tests/cli/run/app_otlp.test.ts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { AppMetrics } from "../../../core/app/app_metrics.ts";
import { OtlpListener } from "../../../monitor/app/otlp_listener.ts";

test("an OTLP listener outlives any number of errors of its socket", async () => {
  const listener = await OtlpListener.open(new AppMetrics(["*"], () => {}));
  assert.ok(typeof listener !== "string", `${listener}`);
  try {
    for (let count = 0; count < 3; count++) listener.server.emit("error", new Error("accept EMFILE"));
    assert.equal((await fetch(listener.url)).status, 405);
  } finally {
    listener.close();
  }
});
