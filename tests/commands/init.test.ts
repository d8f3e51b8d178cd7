import assert from "node:assert/strict";
import { test } from "node:test";
import { TEMPLATE } from "../../commands/supervise/init.ts";
import { loadConfig } from "../../supervisor/config/load.ts";
import { scratch } from "../supervisor/support/files.ts";

test("what proctor init writes is right, with all that is commented out in it as well", () => {
  using files = scratch();
  files.write(".env", "A=1\n");
  const plain = loadConfig(files.write("proctor.yaml", TEMPLATE));
  assert.deepEqual(plain.definitions.map(({ id }) => id), ["clock"]);
  const whole = TEMPLATE.replaceAll(/^( *)# ( *[a-z_]+:.*)$/gm, "$1$2")
    .replace(/^process_manager/m, "  db: { command: sleep 1, ready: 5432 }\nprocess_manager");
  const { definitions: [web, clock], manager } = loadConfig(files.write("whole.yaml", whole), {
    variables: { DATABASE_URL: "x" },
  });
  assert.deepEqual(web.launch!.command, ["python3", "-m", "http.server", "8000"]);
  assert.deepEqual(clock.launch!.environment, { A: "1", PORT: "3000", DATABASE_URL: "x" });
  assert.deepEqual(clock.limits.map(({ kind }) => kind), ["memory", "cpu"]);
  assert.ok(clock.healthCheck && clock.readinessCheck && clock.launch!.stopRequest && manager.port);
});
