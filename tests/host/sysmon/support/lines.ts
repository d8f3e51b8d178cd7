/* Lines as a faulty or a hostile client might write them; the same ones for the same seed. */

/** A whole number below `limit`, from a generator that can be repeated (mulberry32). */
export type Pick = (limit: number) => number;

/** A generator from a seed. */
export function random(seed: number): Pick {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor(((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32 * limit);
  };
}

const SEEDS = [
  '{"type":"request","id":"RPCGetMemoryInfo","payload":{},"source":"b","target":"sysmon","correlation_id":"c"}',
  '{"type":"request","id":"RPCGetLoadAverage","correlation_id":{"a":[1,2,{"__proto__":1}]}}',
  '{"type":"response","id":"RPCGetMessageStats","payload":{"x":1},"correlation_id":"sysmon-1"}',
  '{"type":"event","id":"subprocess_shutdown"}',
  '{"jsonrpc":"2.0","method":"RPCGetUptime","params":{},"id":17}',
  '{"jsonrpc":"2.0","method":"RPCGetNetworkStats"}',
  '[{"jsonrpc":"2.0","method":"RPCGetUptime","id":"x"},{"jsonrpc":"2.0","method":"nope","id":null},3]',
  '{"jsonrpc":"2.0","method":"RPCUnsubscribe","params":{"subscription":"s1"},"id":1e400}',
  '{"type":"request","id":"RPCSubscribe","payload":{"methods":["RPCGetUptime"],"interval_ms":1}}',
  '{"type":"request","id":"RPCGetUptime","payload":{"\\u0000":"\\ud800"},"source":"\\u2028"}',
  '{"type":"request","id":"RPCCPUUsage"}',
  "[]",
  "{}",
  "null",
  '"',
  "[[[[[[[[[[",
];

const WORDS = [
  '"',
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  "null",
  "\\",
  "\\u0000",
  "\0",
  "\r",
  "1e999",
  "-0",
  "\xff",
  "__proto__",
];

/** One line, without its newline. */
export function mutatedLine(pick: Pick): Uint8Array {
  if (pick(10) === 0) return Uint8Array.from({ length: pick(80) }, () => withoutNewline(pick(256)));
  const line = Buffer.from(SEEDS[pick(SEEDS.length)], "latin1");
  switch (pick(6)) {
    case 0: // as it is
      return line;
    case 1: { // some bytes changed
      for (let changes = 1 + pick(4); changes > 0; changes--) {
        line[pick(line.length)] = withoutNewline(pick(256));
      }
      return line;
    }
    case 2: // cut short
      return line.subarray(0, pick(line.length + 1));
    case 3: { // a word put in
      const at = pick(line.length + 1);
      const word = Buffer.from(WORDS[pick(WORDS.length)], "latin1");
      return Buffer.concat([line.subarray(0, at), word, line.subarray(at)]);
    }
    case 4: { // a piece twice
      const [from, to] = [pick(line.length), pick(line.length)].sort((one, other) => one - other);
      return Buffer.concat([line.subarray(0, to), line.subarray(from)]);
    }
    default: // two at once
      return Buffer.concat([line, Buffer.from(SEEDS[pick(SEEDS.length)], "latin1")]);
  }
}

function withoutNewline(byte: number): number {
  return byte === 10 ? 32 : byte;
}
