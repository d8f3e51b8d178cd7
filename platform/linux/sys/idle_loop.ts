import { functionAt } from "../../../ffi/mod.ts";
import type { ForeignFunction } from "../../../ffi/mod.ts";
import type { PassedTicks, StillTicks } from "../../contract/stand_still.ts";
import { monotonicNs } from "../processes/cpu_clock.ts";
import { executable } from "./machine_code.ts";
import { copyOf, ForeignMemory } from "./memory.ts";

/** Goes through ticks in which nothing comes about (source: idle_loop.S). */
const CODE = {
  x64: {
    idleLoop:
      "5341544889fbbf01000000488d7338b8e40000000f054869433800ca9a3b48034340488b53184829c2b800000000480f" +
      "48d04889d031d2b900ca9a3b48f7f14889433848895340488b3b488b7308488d53384531d24531c0b80f0100000f05b9" +
      "010000004885c00f85fa000000bf01000000488d7338b8e40000000f054869433800ca9a3b480343404889c2482b5318" +
      "b904000000483b53100f8dc80000004889436848895370c783900000000000000031ff31f6488d938000000041ba0500" +
      "00014531c0b8f70000000f05b90200000083bb90000000000f85890000004c8da300010000498b3c244885ff784049ff" +
      "4c24207533498b4424184989442420488b7348488b53504531d2b8110000000f05493b442410754a4889c1488b734849" +
      "8b7c2408f3a6753a4983c428ebb7488b435848894360488b436848894358488b4370483b43287c0448ff4330488b4310" +
      "4801431848ff4b200f85a8feffff31c9eb05b90300000089c8415c5bc3",
  },
  arm64: {
    idleLoop:
      "e90300aa0a4099d24a73a7f2200080d221e10091280e80d2010000d42bb143a96b310a9b2c0d40f98c010bebec438c9a" +
      "8b09ca9a6cb10a9b2bb103a9200540a922e10091030080d2040080d2280980d2010000d42f0080d2600800b5200080d2" +
      "21e10091280e80d2010000d42bb143a96b310a9b2d3141a96c010ccb8f0080d29f010deb0a0700542bb106a93f9100b9" +
      "000080d2010080d222010291a30080d20320a0f2040080d2e80b80d2010000d44f0080d22b9140b96b0500356f0080d2" +
      "2e010491c00140f9e002f8b7cbb141a98c0500f16c018c9acc1100f901020054218944a9030080d2680880d2010000d4" +
      "ccad40a91f000beb610300542d2540f9eb0000b4a0154038811540386b0500d11f00016b60ffff5413000014cea10091" +
      "e9ffff172b2d40f92b3100f92bb146a92b2d00f92bb542a99f010bebadb58d9a2d1900f92b3141a98c010b8b2c0d00f9" +
      "2b1140f96b0500f12b1100f981f5ff540f0080d2e0030faac0035fd6",
  },
} as const;

/** Where in the state of the routine what stands; in bytes. */
const AT = {
  polls: 0,
  pollCount: 8,
  interval: 16,
  due: 24,
  most: 32,
  lateFrom: 40,
  lateCount: 48,
  buffer: 72,
  bufferSize: 80,
  last: 88,
  before: 96,
  files: 256,
} as const;
const FILE_SIZE = 40;
const MOST_FILES = 3;
const STATE_SIZE = AT.files + (MOST_FILES + 1) * FILE_SIZE;
const BUFFER_SIZE = 65_536;
/** It returned since a descriptor is ready, or a signal has come. */
const READY = 1;

let routine: ForeignFunction | null | undefined;

function load(): ForeignFunction | null {
  const code = CODE[process.arch as keyof typeof CODE];
  const address = code ? executable(Buffer.from(code.idleLoop, "hex")) : null;
  return address === null ? null : functionAt(address, { args: ["usize"], returns: "i32" });
}

/** Ticks of a tree that stands still, gone through without a step of JavaScript, whose code is cold by then. */
export class IdleLoop {
  readonly #routine: ForeignFunction;
  readonly #state = new ForeignMemory(STATE_SIZE);
  readonly #buffer = new ForeignMemory(BUFFER_SIZE);

  private constructor(routine: ForeignFunction) {
    this.#routine = routine;
  }

  /** null where no machine code may run. */
  static open(): IdleLoop | null {
    routine ??= load();
    return routine && new IdleLoop(routine);
  }

  /**
   * Go through ticks until one is not like the others.
   * @param polls the address of struct pollfd, whose answers say what is ready
   */
  run(polls: number, pollCount: number, ticks: StillTicks): PassedTicks {
    const state = this.#state;
    const texts = ticks.files.map(({ text }) => copyOf(text));
    const [fromNs, fromMs] = [monotonicNs(), performance.now()];
    const toMs = (at: number) => fromMs + (state.getU64(at) - fromNs) / 1e6;
    const intervalNs = Math.round(ticks.intervalMs * 1e6);
    const set = (at: keyof typeof AT, value: number) => state.setU64(AT[at], value);
    set("polls", polls);
    set("pollCount", pollCount);
    set("interval", intervalNs);
    set("due", fromNs + Math.ceil((ticks.dueMs - fromMs) * 1e6));
    set("most", ticks.most);
    set("lateFrom", Math.ceil(intervalNs * ticks.lateShare));
    set("lateCount", 0);
    set("buffer", this.#buffer.address);
    set("bufferSize", BUFFER_SIZE);
    set("last", fromNs);
    set("before", fromNs);
    ticks.files.forEach(({ descriptor, text, everyMs }, index) => {
      const every = Math.max(1, Math.round(everyMs / ticks.intervalMs));
      [descriptor, texts[index].address, text.length, every, 1].forEach((value, word) =>
        state.setU64(AT.files + index * FILE_SIZE + word * 8, value)
      );
    });
    state.setU64(AT.files + ticks.files.length * FILE_SIZE, -1);
    const reason = this.#routine(state.address);
    texts.forEach((text) => text.free());
    const count = ticks.most - state.getU64(AT.most);
    return {
      count,
      lateCount: state.getU64(AT.lateCount),
      lastMs: toMs(AT.last),
      beforeMs: toMs(AT.before),
      isDisturbed: reason === READY,
    };
  }

  /** Give back what it holds. */
  close(): void {
    this.#state.free();
    this.#buffer.free();
  }
}
