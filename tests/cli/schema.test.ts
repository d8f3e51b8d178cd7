import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { z } from "zod";
import { proctor, shell } from "./support/proctor.ts";
import { recorded } from "./support/records.ts";

type JsonSchema = Parameters<typeof z.fromJSONSchema>[0];

describe("proctor schema", () => {
  test("is JSON Schema that every record of a run conforms to", { timeout: 120_000 }, async () => {
    const { stdout, code } = await proctor(["schema"]);
    assert.equal(code, 0);
    const text = stdout.toString();
    const { $schema, $id, ...schema } = JSON.parse(text);
    assert.match($schema, /^https:\/\/json-schema\.org\/draft\/2020-12\/schema$/);
    assert.match($id, /proctor\/1$/);
    const validator = z.fromJSONSchema(schema as JsonSchema);
    const { all } = await recorded(["--threads", "--interval", "50ms"], ["sh", "-c", "sleep 0.3 & wait"]);
    assert.deepEqual(
      new Set(all.map(({ kind }) => kind)),
      new Set(["start", "sample", "process", "summary"]),
    );
    for (const record of all) assert.ok(validator.safeParse(record).success, JSON.stringify(record));
  });

  test("of the messages of tasks, of health and of presence", { timeout: 120_000 }, async () => {
    for (
      const [kind, title] of [
        ["task_message", "proctor task message"],
        [
          "health_message",
          "proctor health message",
        ],
        ["task_process", "proctor process of a task"],
        ["presence_message", "proctor presence message"],
      ]
    ) {
      const { stdout, code } = await proctor(["schema", "--kind", kind]);
      assert.equal(code, 0);
      assert.equal(JSON.parse(stdout.toString()).title, title);
    }
    const agent = await proctor(["schema", "--kind", "task_message"]);
    const { $schema: _, title: _title, ...schema } = JSON.parse(agent.stdout.toString());
    const validator = z.fromJSONSchema(schema as JsonSchema);
    const { stdout } = await shell(
      'sleep 0.5 & "$PROCTOR" watch --quiet --pid $! --interval 100ms --discover-interval 50ms',
    );
    const messages = stdout.toString().trimEnd().split("\n").map((line) => JSON.parse(line));
    for (const message of messages) assert.ok(validator.safeParse(message).success, JSON.stringify(message));
    assert.equal(validator.safeParse({ ...messages[0], state: "asleep" }).success, false);
    const refused = await proctor(["schema", "--kind", "nothing"]);
    assert.equal(refused.code, 125);
    assert.match(refused.stderr, /record, task_message, task_process, health_message, presence_message/);
  });

  test("refuses what is not a record", async () => {
    const { stdout } = await proctor(["schema"]);
    const { $schema: _schema, $id: _id, ...schema } = JSON.parse(stdout.toString());
    const validator = z.fromJSONSchema(schema as JsonSchema);
    const { all } = await recorded([], ["sleep", "0.05"]);
    for (const record of all) {
      assert.equal(validator.safeParse({ ...record, kind: "other" }).success, false);
      assert.equal(validator.safeParse({ ...record, timestamp: "yesterday" }).success, false);
    }
    assert.equal(validator.safeParse({}).success, false);
  });
});
