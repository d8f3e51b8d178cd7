/* What works on plain Node.js, and what it hears of the rest. Usage: on_node.mjs RECORDS.jsonl */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { ProctorError, readRuns, recordSchema, reportPage, run } from "proctor";

const text = readFileSync(process.argv[2], "utf8");
const records = text.trimEnd().split("\n").map((line) => recordSchema.parse(JSON.parse(line)));
assert.deepEqual([records[0].kind, records.at(-1).kind], ["start", "summary"]);
const runs = await readRuns(process.argv[2]);
assert.match(reportPage(runs), /^<!doctype html>/i);
console.log(`${records.length} records`);
await assert.rejects(run(["true"]), (error) => {
  assert.ok(error instanceof ProctorError);
  console.log(error.message);
  return true;
});
