/* Random and mutated lines, in random pieces: the service answers what it has to, once, and neither dies nor grows. */
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { Host } from "../../../host/host.ts";
import { Connection } from "../../../host/sysmon/connection.ts";
import { Service } from "../../../host/sysmon/service.ts";
import { Outbox } from "../../../io/lines/outbox.ts";
import { mutatedLine, random } from "./support/lines.ts";

const LINES = 200_000;
/** Every so many lines comes a good request, whose answer is awaited at the end. */
const GOOD_EVERY = 50;
const SEED = 20_261_121;

test(`${LINES} lines are answered where they ask for it`, { timeout: 110_000 }, async () => {
  const service = new Service(new Host());
  const answered = new Map<string, number>();
  let lines = 0;
  const outbox = new Outbox((bytes) => {
    for (const line of new TextDecoder().decode(bytes).split("\n").slice(0, -1)) {
      lines++;
      for (const message of [JSON.parse(line)].flat()) {
        const id = message.correlation_id ?? message.id;
        if (/^good-\d+$/.test(id)) answered.set(id, (answered.get(id) ?? 0) + 1);
      }
    }
    return Promise.resolve();
  });
  const connection = new Connection(service, outbox);
  const pick = random(SEED);
  const memory: number[] = [];
  let waiting: Uint8Array[] = [];
  for (let number = 0; number < LINES; number++) {
    const line = number % GOOD_EVERY === 0 ? goodLine(number) : mutatedLine(pick);
    waiting.push(line, Uint8Array.of(10));
    if (pick(30) > 0) continue;
    // Cut what waits somewhere, and leave the rest for the next time.
    const bytes = Buffer.concat(waiting);
    const cut = pick(bytes.length);
    connection.receive(bytes.subarray(0, cut));
    waiting = [bytes.subarray(cut)];
    if (pick(20) === 0) {
      await outbox.flushed();
      if (number > LINES / 2) memory.push(process.memoryUsage().rss);
    }
  }
  connection.receive(Buffer.concat([...waiting, Uint8Array.of(10)]));
  connection.endOfInput();
  await connection.close();
  for (let number = 0; number < LINES; number += GOOD_EVERY) {
    assert.equal(answered.get(`good-${number}`), 1, `good-${number}`);
  }
  const { received, answered: answers, errors } = service.counts;
  assert.ok(received > LINES * 0.8, `${received} messages`);
  assert.ok(answers <= received && errors < answers, `${answers} answers, ${errors} of them errors`);
  assert.ok(lines > LINES * 0.5, `${lines} lines came back`);
  const [early, late] = [memory.slice(0, 20), memory.slice(-20)].map((values) => Math.min(...values));
  assert.ok(late - early < 64 * 1_048_576, `${late - early} bytes more in the second half`);
});

/** A request of either protocol that nobody has touched. */
function goodLine(number: number): Uint8Array {
  const id = `good-${number}`;
  return Buffer.from(JSON.stringify(
    number % (2 * GOOD_EVERY) === 0
      ? { type: "request", id: "RPCGetMemoryInfo", correlation_id: id }
      : { jsonrpc: "2.0", method: "RPCGetUptime", id },
  ));
}
