import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { openStream } from "./support/stream.ts";

/** Numbers that JSON.parse would not give back. */
const ODD = [
  "1764336000123456789",
  "-9007199254740993",
  "1.0",
  "1e3",
  "1e999",
  "0.1000000000000000000001",
  "-0",
];

/** The line that comes back, byte for byte. */
async function answer(line: string): Promise<string> {
  const stream = await openStream();
  stream.write(`${line}\n`);
  await stream.next();
  return stream.lines.at(-1)!;
}

test("IDs of any size come back as they were", async () => {
  for (const id of ODD) {
    assert.ok(
      (await answer(`{"jsonrpc":"2.0","method":"RPCGetUptime","id":${id}}`)).endsWith(`,"id":${id}}`),
      id,
    );
    assert.match(await answer(`{"jsonrpc":"2.0","method":"no","id":${id}}`), /"code":-32601/);
    assert.ok((await answer(`{"jsonrpc":"2.0","method":"no","id":${id}}`)).endsWith(`"id":${id}}`), id);
    // No proper request: its ID can be told nevertheless.
    assert.ok((await answer(`{"jsonrpc":"1.0","method":"no","id":${id}}`)).endsWith(`"id":${id}}`), id);
    const request = `{"type":"request","id":"RPCGetUptime","correlation_id":${id}}`;
    assert.ok((await answer(request)).includes(`"correlation_id":${id}`), id);
  }
  const nested = '{"a":[1764336000123456789,{"b":1764336000123456790}]}';
  const request = `{"type":"request","id":"RPCGetUptime","correlation_id":${nested}}`;
  assert.ok((await answer(request)).includes(`"correlation_id":${nested}`));
});

test("property: integers of any length", async () => {
  await fc.assert(
    fc.asyncProperty(fc.bigInt({ min: -(10n ** 60n), max: 10n ** 60n }), async (id) => {
      const line = await answer(`{"jsonrpc":"2.0","method":"RPCGetUptime","id":${id}}`);
      assert.ok(line.endsWith(`,"id":${id}}`), line);
    }),
    { numRuns: 50 },
  );
});

test("elsewhere a number beyond what can be is refused, as before", async () => {
  const line = await answer(
    '{"jsonrpc":"2.0","method":"RPCSubscribe","id":1,"params":{"methods":["RPCGetUptime"],"interval_ms":1764336000123456789}}',
  );
  assert.match(line, /"code":-32602/);
  assert.ok(!line.includes("rawJSON"), line);
});
