/* What is nested deep is refused on the whole way that a message takes, whatever was learned from messages before. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { Intake } from "../../../fleet/ingest/intake.ts";
import { MESSAGE_LIMITS } from "../../../fleet/ingest/limits.ts";
import type { Published } from "../../../fleet/ingest/reading.ts";
import { Reading } from "../../../fleet/ingest/reading.ts";
import { taskBytes } from "../../../fleet/ingest/task_bytes.ts";
import { readTopic } from "../../../fleet/ingest/topics.ts";
import { Committer } from "../../../fleet/state/committer.ts";
import { Unread } from "../../../fleet/state/incoming.ts";
import type { JournalEntry } from "../../../fleet/store/contract.ts";
import { published, taskMessage, TASKS } from "../support/ingest.ts";

const plain = (text: string) => new TextEncoder().encode(text);
const deepObject = (depth: number) => '{"a":'.repeat(depth) + "1" + "}".repeat(depth);
const deepArray = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
/** As deep below a name of a message that is good otherwise. */
const below = (name: string, deep: string) =>
  JSON.stringify(taskMessage()).slice(0, -1) + `,"${name}":${deep}}`;

/** Everything that a message takes its way through, but broker and store. */
async function takeIn(payloads: readonly Uint8Array[]) {
  const intake = new Intake();
  const failed: unknown[] = [];
  const lines: string[] = [];
  const acknowledged: Published[] = [];
  let written = 0;
  const unread = new Unread<Published>(
    (delivery) => intake.take(delivery),
    (_, error) => failed.push(error),
  );
  const done = Promise.withResolvers<void>();
  const committer = new Committer<Published>(
    { apply: () => {} },
    { append: (entries: readonly JournalEntry[]) => Promise.resolve(written += entries.length) },
    { ensure: () => Promise.resolve() },
    {
      acknowledge: (deliveries) => {
        acknowledged.push(...deliveries);
        if (acknowledged.length === payloads.length) done.resolve();
      },
      pause: () => {},
      resume: () => {},
    },
    0,
    (_, line) => lines.push(line),
  );
  for (const payload of payloads) committer.take(unread.take(published(TASKS, payload)));
  await done.promise;
  await committer.close();
  return { failed, lines, written, refused: [...intake.refusals.totals] };
}

describe("a message that is nested deep", { concurrency: 1 }, () => {
  const bodies = {
    objects: deepObject(400_000),
    arrays: deepArray(400_000),
    "objects in a message": below("extra", deepObject(300_000)),
    "arrays in a message": below("extra", deepArray(300_000)),
    "objects in what is told of a process": below("process", deepObject(300_000)),
    "objects in what is told of accounting": below("accounting", deepObject(300_000)),
    "an array of messages": `[${JSON.stringify(taskMessage())},${below("extra", deepObject(300_000))}]`,
  };
  for (const [what, text] of Object.entries(bodies)) {
    test(`${what}: is refused as that, first or ninth, in gzip or not, and what is behind it is read`, async () => {
      for (const pack of [gzipSync, plain]) {
        // What is larger than a payload may be comes in gzip only.
        if (pack === plain && text.length > MESSAGE_LIMITS.payloadBytes) continue;
        const deep = pack(text);
        const good = plain(JSON.stringify(taskMessage()));
        const payloads = [deep, ...Array(7).fill(good), deep, ...Array(8).fill(deep), good];
        assert.deepEqual(await takeIn(payloads), {
          failed: [],
          lines: [],
          written: 8,
          refused: [["nesting", 10]],
        });
      }
    });
  }

  test("plain ones within the bound of a payload, too", async () => {
    for (const text of [deepObject(150_000), deepArray(400_000), below("extra", deepObject(150_000))]) {
      assert.ok(text.length < MESSAGE_LIMITS.payloadBytes);
      const { refused, failed } = await takeIn(Array(9).fill(plain(text)));
      assert.deepEqual([refused, failed], [[["nesting", 9]], []]);
    }
  });

  test("takes no more of the reader of bytes, however deep it is", () => {
    /** How many bytes of it are asked for, in as many tries as it takes to learn from one. */
    const workOf = (text: string) => {
      let work = 0;
      const bytes = new Proxy(plain(text), {
        get: (target, key) => {
          work++;
          const value = Reflect.get(target, key, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
      for (let time = 0; time < 8; time++) {
        const reading = new Reading(readTopic(TASKS)!, published(TASKS, bytes), MESSAGE_LIMITS, 0);
        assert.equal(taskBytes.read(bytes, reading, Infinity), 0);
      }
      return work;
    };
    for (const deep of [deepObject, deepArray, (depth: number) => below("extra", deepObject(depth))]) {
      const works = [10, 1_000, 2_000, 100_000].map((depth) => workOf(deep(depth)));
      assert.ok(works[0] > 0);
      assert.deepEqual(works, Array(4).fill(works[0]));
    }
  });
});
