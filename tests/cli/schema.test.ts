import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { z } from "zod";
import { proctor } from "./support/proctor.ts";
import { recorded } from "./support/records.ts";

type JsonSchema = Parameters<typeof z.fromJSONSchema>[0];

describe("proctor schema", () => {
  test("is JSON Schema that every record of a run conforms to", { timeout: 30_000 }, async () => {
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

  test("refuses what is no record", async () => {
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
