import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { READING_METHODS } from "../../../core/schema/sysmon_schema.ts";
import type { ReadingMethod } from "../../../core/schema/sysmon_schema.ts";
import { openStream } from "./support/stream.ts";
import type { Received } from "./support/stream.ts";

const MEMORY = { type: "request", id: "RPCGetMemoryInfo", source: "broker", target: "sysmon" };

describe("the envelope", () => {
  test("a response has the id and correlation_id, source and target exchanged", async () => {
    const stream = await openStream();
    stream.send({ ...MEMORY, correlation_id: "c-1" });
    const { payload, ...rest } = await stream.next();
    assert.deepEqual(rest, {
      type: "response",
      id: "RPCGetMemoryInfo",
      source: "sysmon",
      target: "broker",
      correlation_id: "c-1",
    });
    READING_METHODS.RPCGetMemoryInfo.result.parse(payload);
  });

  test("correlation_id may be anything, and is left out where it was", async () => {
    const stream = await openStream();
    for (
      const correlation_id of [
        "",
        0,
        -1.5,
        true,
        null,
        [1, [2]],
        JSON.parse(`{"a":{"__proto__":null}}`),
        "ü\u0000\u2028",
      ]
    ) {
      stream.send({ ...MEMORY, correlation_id });
      assert.deepEqual((await stream.next()).correlation_id, correlation_id);
    }
    stream.send({ type: "request", id: "RPCGetUptime" });
    assert.deepEqual(Object.keys(await stream.next()), ["type", "id", "payload", "source"]);
  });

  test("every method gives what its schema says", { timeout: 120_000 }, async () => {
    const stream = await openStream();
    for (const [method, { result }] of Object.entries(READING_METHODS)) {
      result.parse(await stream.ask(method));
    }
  });

  test("no parameters may be written in several ways", async () => {
    const stream = await openStream();
    for (const payload of [undefined, null, {}, []]) await stream.ask("RPCGetUptime", payload);
    for (const payload of [{ a: 1 }, [1], 5, "x", true]) {
      const { code, message } = await stream.refused("RPCGetUptime", payload);
      assert.equal(code, "InvalidParams");
      assert.match(message, /^RPCGetUptime: takes no parameters.*leave them out or write {}/);
    }
  });

  test("what there is not is refused by name", async () => {
    const stream = await openStream();
    for (const method of ["RPCGetGroups", "", "__proto__", "toString", "constructor", "rpcgetuptime"]) {
      assert.equal((await stream.refused(method)).code, "MethodNotFound", method);
    }
  });

  test("responses, errors and events are not answered", async () => {
    const stream = await openStream();
    for (const type of ["response", "error", "event"]) {
      stream.send({ type, id: "RPCGetUptime", correlation_id: 1 });
    }
    stream.send({ ...MEMORY, correlation_id: "last" });
    assert.equal((await stream.next()).correlation_id, "last");
  });
});

describe("a bad line gets an error, and the next request an answer", () => {
  const bad: readonly (readonly [what: string, line: string | Uint8Array, code: string])[] = [
    ["no JSON", "nope", "ParseError"],
    ["half of JSON", '{"type":"request"', "ParseError"],
    ["two values", "{} {}", "ParseError"],
    ["a NUL", '{"type":"request","id":"RPC\0GetUptime"}', "ParseError"],
    ["only a NUL", "\0", "ParseError"],
    ["invalid UTF-8", Uint8Array.of(0x22, 0xff, 0xfe, 0x22), "ParseError"],
    ["half of a character", Uint8Array.of(0x22, 0xc3, 0x22), "ParseError"],
    ["deep nesting", "[".repeat(5_000) + "]".repeat(5_000), "ParseError"],
    ["nesting without an end", '{"a":'.repeat(100_000), "ParseError"],
    ["a long line", `"${"x".repeat(1_048_575)}"`, "ParseError"],
    ["a number", "42", "InvalidRequest"],
    ["a string", '"RPCGetUptime"', "InvalidRequest"],
    ["null", "null", "InvalidRequest"],
    ["an empty object", "{}", "InvalidRequest"],
    ["no type", '{"id":"RPCGetUptime"}', "InvalidRequest"],
    ["a strange type", '{"type":"Request","id":"RPCGetUptime"}', "InvalidRequest"],
    ["no id", '{"type":"request"}', "InvalidRequest"],
    ["an id that is not a string", '{"type":"request","id":7}', "InvalidRequest"],
    ["a source that is not a string", '{"type":"request","id":"RPCGetUptime","source":7}', "InvalidRequest"],
  ];
  for (const [what, line, code] of bad) {
    test(what, { timeout: 120_000 }, async () => {
      const stream = await openStream();
      stream.write(line);
      stream.write("\n");
      const error = await stream.next();
      assert.equal(error.type, "error");
      assert.equal(error.payload.code, code, error.error);
      assert.equal(error.error, `${code}: ${error.payload.message}`);
      assert.ok("id" in error && "correlation_id" in error);
      assert.ok(!error.error.includes("\n"));
      stream.send({ ...MEMORY, correlation_id: "after" });
      const answer = await stream.next();
      assert.equal(answer.type, "response");
      assert.equal(answer.correlation_id, "after");
    });
  }

  test("with its id and correlation_id as far as it has any", async () => {
    const stream = await openStream();
    stream.send({ type: "what", id: "RPCGetUptime", correlation_id: [7] });
    const { id, correlation_id, payload } = await stream.next();
    assert.deepEqual([id, correlation_id], ["RPCGetUptime", [7]]);
    assert.match(payload.message, /"what"; write "request"/);
  });

  test("nesting up to 64 is read, whatever strings hold", async () => {
    const stream = await openStream();
    const nested = (depth: number) => JSON.parse("[".repeat(depth) + "]".repeat(depth));
    stream.send({ ...MEMORY, correlation_id: nested(63) });
    assert.deepEqual((await stream.next()).correlation_id, nested(63));
    stream.send({ ...MEMORY, correlation_id: nested(64) });
    assert.equal((await stream.next()).payload.code, "ParseError");
    stream.send({ ...MEMORY, correlation_id: '[{"\\'.repeat(500) });
    assert.equal((await stream.next()).type, "response");
  });

  test("empty lines ask for nothing, and lines may end with a carriage return", async () => {
    const stream = await openStream();
    stream.write(`\n\r\n  \t\n${JSON.stringify({ ...MEMORY, correlation_id: 1 })}\r\n`);
    assert.equal((await stream.next()).correlation_id, 1);
    assert.equal(stream.service.counts.received, 1);
  });
});

describe("JSON-RPC 2.0", () => {
  /** Everything that comes back for some lines. */
  async function answers(...lines: string[]): Promise<Received[]> {
    const stream = await openStream();
    for (const line of lines) stream.write(`${line}\n`);
    stream.connection.endOfInput();
    await stream.connection.close();
    return stream.received.filter(({ type }) => type !== "event");
  }
  const error = (id: unknown, code: number) => ({ jsonrpc: "2.0", id, code });
  const short = (message: Received) => ({
    jsonrpc: message.jsonrpc,
    id: message.id,
    code: message.error?.code,
  });

  test("a call is answered with its id: a string, a number or null", async () => {
    for (const id of ["a", 7, -0.5, null]) {
      const [answer] = await answers(
        JSON.stringify({ jsonrpc: "2.0", method: "RPCGetUptime", params: {}, id }),
      );
      assert.deepEqual(Object.keys(answer), ["jsonrpc", "result", "id"]);
      assert.equal(answer.id, id);
      READING_METHODS.RPCGetUptime.result.parse(answer.result);
    }
  });

  // The examples of section 7 of the specification, as far as they have to do with errors.
  test("errors have the standard's codes", async () => {
    const found = await answers(
      '{"jsonrpc": "2.0", "method": "foobar", "id": "1"}',
      '{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]',
      '{"jsonrpc": "2.0", "method": 1, "params": "bar"}',
      '[{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},{"jsonrpc": "2.0", "method"]',
      "[]",
      '{"jsonrpc":"2.0","method":"RPCGetUptime","params":{"x":1},"id":5}',
      '{"jsonrpc":"2.0","method":"RPCGetUptime","params":"x","id":6}',
      '{"jsonrpc":"1.0","method":"RPCGetUptime","id":7}',
      '{"jsonrpc":"2.0","method":"RPCGetUptime","id":{}}',
    );
    assert.deepEqual(found.map(short), [
      error("1", -32_601),
      error(null, -32_700),
      error(null, -32_600),
      error(null, -32_700),
      error(null, -32_600),
      error(5, -32_602),
      error(6, -32_600),
      error(7, -32_600),
      error(null, -32_600),
    ]);
  });

  test("a batch has an answer for each call, in one array", async () => {
    const [batch, invalid] = await answers(
      `[{"jsonrpc":"2.0","method":"RPCCPUUsage","id":1},{"jsonrpc":"2.0","method":"RPCGetUptime"},
        {"foo":"boo"},1,{"jsonrpc":"2.0","method":"nope","id":"5"},{"jsonrpc":"2.0","method":"RPCGetUptime","id":9}]`
        .replace("\n", ""),
      "[1,2,3]",
    ).then((found) => found.sort((one) => one.length === 3 ? 1 : -1)); // The other waits for the CPU.
    const byId = new Map(batch.map((answer: Received) => [answer.id, answer]));
    assert.equal(batch.length, 5);
    READING_METHODS.RPCCPUUsage.result.parse((byId.get(1) as Received).result);
    READING_METHODS.RPCGetUptime.result.parse((byId.get(9) as Received).result);
    assert.equal((byId.get("5") as Received).error.code, -32_601);
    assert.equal(batch.filter(({ id }: Received) => id === null).length, 2);
    assert.deepEqual(invalid.map(short), Array(3).fill(error(null, -32_600)));
  });

  test("notifications, and answers to nobody, get nothing", async () => {
    assert.deepEqual(
      await answers(
        '{"jsonrpc":"2.0","method":"RPCGetUptime"}',
        '{"jsonrpc":"2.0","method":"nope"}',
        '[{"jsonrpc":"2.0","method":"RPCGetUptime"},{"jsonrpc":"2.0","method":"nope","params":[1]}]',
        '{"jsonrpc":"2.0","result":1,"id":1}',
        '[{"jsonrpc":"2.0","error":{"code":1,"message":"x"},"id":1}]',
      ),
      [],
    );
  });

  test("a batch of more than a thousand is refused with one error", async () => {
    const [error] = await answers(JSON.stringify(Array(1_001).fill(1)));
    assert.equal(error.error.code, -32_600);
    assert.equal((await answers(JSON.stringify(Array(1_000).fill(1))))[0].length, 1_000);
  });

  test("rpc.discover describes every method", async () => {
    const stream = await openStream();
    const document = await stream.ask("rpc.discover");
    assert.match(document.openrpc, /^1\.\d+\.\d+$/);
    const names = document.methods.map(({ name }: Received) => name);
    for (const method of Object.keys(READING_METHODS) as ReadingMethod[]) {
      assert.ok(names.includes(method), method);
    }
    const memory = document.methods.find(({ name }: Received) => name === "RPCGetMemoryInfo");
    assert.deepEqual(memory.params, []);
    assert.equal(memory.result.schema.properties.total.type, "integer");
    const subscribe = document.methods.find(({ name }: Received) => name === "RPCSubscribe");
    assert.deepEqual(subscribe.params.map(({ name }: Received) => name), ["methods", "interval_ms"]);
  });
});

describe("many requests", () => {
  test("a hundred in flight, over both protocols, are each answered once", { timeout: 120_000 }, async () => {
    const stream = await openStream({ cacheMs: 0 });
    const methods = Object.keys(READING_METHODS);
    for (let index = 0; index < 100; index++) {
      const id = methods[index % methods.length];
      if (index % 2 === 0) stream.send({ type: "request", id, correlation_id: index });
      else stream.send({ jsonrpc: "2.0", method: id, id: index });
    }
    stream.connection.endOfInput();
    await stream.connection.close();
    const answered = stream.received.filter(({ type }) => type !== "event" && type !== "request")
      .map((message) => message.correlation_id ?? message.id).sort((one, other) => one - other);
    assert.deepEqual(answered, Array.from({ length: 100 }, (_, index) => index));
    assert.ok(stream.received.every((message) => message.type !== "error" && !message.error));
  });

  test("the same correlation_id twice has two answers", async () => {
    const stream = await openStream();
    for (let twice = 0; twice < 2; twice++) stream.send({ ...MEMORY, correlation_id: "same" });
    for (let twice = 0; twice < 2; twice++) assert.equal((await stream.next()).correlation_id, "same");
  });
});

describe("the end", () => {
  test("comes after the pending answers, with an event, and what comes then is refused", async () => {
    const stream = await openStream();
    stream.send({ type: "request", id: "RPCCPUUsage", correlation_id: "slow" });
    const closed = stream.connection.close();
    stream.send({ ...MEMORY, correlation_id: "late" });
    await closed;
    assert.deepEqual(stream.received.slice(1).map(({ type, id }) => `${type} ${id}`), [
      "error RPCGetMemoryInfo",
      "response RPCCPUUsage",
      "event subprocess_shutdown",
    ]);
    assert.equal(stream.received[1].payload.code, "ServiceUnavailable");
  });

  test("takes the last line though it has no end", async () => {
    const stream = await openStream();
    stream.write(JSON.stringify({ ...MEMORY, correlation_id: 1 }));
    stream.connection.endOfInput();
    await stream.connection.close();
    assert.equal(stream.received[1].correlation_id, 1);
  });
});
