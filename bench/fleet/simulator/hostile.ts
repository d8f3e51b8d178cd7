import { gzipSync, zstdCompressSync } from "node:zlib";

const BOMB_BYTES = 64 * 2 ** 20;
const NAMES_AT_ONCE = 1_000;

/** Spaces: JSON until the end, which does not come. */
const unpackedBomb = () => Buffer.alloc(BOMB_BYTES, 0x20);
const packedBombs: { gzip?: Uint8Array; zstd?: Uint8Array } = {};

/** What an agent that means no good, or is broken, sends at a tick in place of messages. */
export function hostile(
  kind: "garbage" | "bomb" | "zstd" | "names" | "strangers",
  propletId: string,
  tick: number,
  at: number,
  random: () => number,
): Uint8Array[] {
  const timestamp = new Date(at).toISOString();
  switch (kind) {
    case "bomb":
      return [packedBombs.gzip ??= gzipSync(unpackedBomb())];
    case "zstd":
      return [packedBombs.zstd ??= zstdCompressSync(unpackedBomb())];
    case "names":
    case "strangers": {
      const messages = Array.from({ length: NAMES_AT_ONCE }, (_, index) => ({
        task_id: `name-${tick}-${index}`,
        proplet_id: kind === "names" ? propletId : `stranger-${tick}-${index}`,
        timestamp,
        metrics: { cpu_percent: 1, memory_bytes: 1, timestamp },
        state: "running",
      }));
      return [gzipSync(Buffer.from(JSON.stringify(messages)))];
    }
    case "garbage":
      return [garbage(propletId, timestamp, tick, random)];
  }
}

function garbage(propletId: string, timestamp: string, tick: number, random: () => number): Uint8Array {
  const message = (metrics: unknown, task_id: unknown = "task-0") =>
    JSON.stringify({ task_id, proplet_id: propletId, timestamp, metrics });
  const kinds: (() => string | Uint8Array)[] = [
    () => Uint8Array.from({ length: Math.floor(random() * 2_000) }, () => Math.floor(random() * 256)),
    () => "",
    () => message({ cpu_percent: 1, timestamp }).slice(0, -10),
    () => message({ cpu_percent: "much", memory_bytes: [], timestamp }),
    () => message({ cpu_percent: -1, memory_bytes: 1e308 * 10, timestamp }),
    () => message({ cpu_percent: 1, timestamp }, "\u0000\u001b[31m\u202e"),
    () => message({ cpu_percent: 1, timestamp }, "x".repeat(100_000)),
    () => message(JSON.parse('{"__proto__":{"cpu_percent":1},"constructor":1}')),
    () => "[".repeat(50_000),
    () => '[1,null,true,"x",[],{}]',
    () => "42",
    () => gzipSync(Buffer.from(message({ cpu_percent: 1, timestamp }))).subarray(0, 60),
  ];
  const made = kinds[tick % kinds.length]();
  return typeof made === "string" ? Buffer.from(made) : made;
}
