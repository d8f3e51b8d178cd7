/* Fills the queue directory of its first argument, prints how many are settled, and waits to be killed. */
import process from "node:process";
import { Journal } from "../../../../exporters/mqtt/journal.ts";
import { loadPlatform } from "../../../../platform/mod.ts";
import { Outbox } from "../../../../exporters/mqtt/outbox.ts";

const { journal, entries } = Journal.open(
  process.argv[2],
  "dir",
  console.error,
  (await loadPlatform()).lockFile,
);
const outbox = new Outbox({ count: 10_000, bytes: 2 ** 20 }, journal, entries);
for (let number = 0; number < 4_000; number++) outbox.push("t", String(number));
outbox.delivered(outbox.take(1_500, Infinity));
for (let number = 4_000; number < 5_000; number++) outbox.push("t", String(number));
console.log(1_500);
setInterval(() => {}, 1_000);
