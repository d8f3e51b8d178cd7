import type { Traffic } from "../../contract/traffic.ts";
import { closeFile } from "../proc/kernel_file.ts";
import { describeErrno, EPERM } from "../sys/errno.ts";
import { Mapping } from "../sys/mapping.ts";
import { createArrayMap, DIRECTION, linkToCgroup, loadCgroupProgram } from "./bpf.ts";
import { offsetOf, SLOT_SIZE, SLOTS, trafficProgram, WORD } from "./traffic_program.ts";

const SIZE = SLOTS * SLOT_SIZE;
const WORD_SIZE = 8;
const WORDS_A_SLOT = SLOT_SIZE / WORD_SIZE;

/** Why nothing is counted. */
export interface NoTraffic {
  readonly reason: string;
}

/**
 * Counts the packets of a cgroup and all below it by two programs of eBPF, in memory that is mapped here: reading costs
 * no system call. All of it hangs on descriptors, so that nothing is left when we die, whatever way.
 *
 * A socket is of the cgroup in which it was made: what was handed in from outside is not counted.
 */
export class CgroupTraffic {
  readonly #descriptors: readonly number[];
  readonly #memory: Mapping;
  /** Each 64-bit counter as two words, the lower first. */
  readonly #words: Uint32Array;

  private constructor(descriptors: readonly number[], memory: Mapping) {
    this.#descriptors = descriptors;
    this.#memory = memory;
    const { bytes } = memory;
    this.#words = new Uint32Array(bytes.buffer, bytes.byteOffset, SIZE / 4);
  }

  /** @param cgroup a descriptor of its directory in the hierarchy of cgroup v2 */
  static open(cgroup: number): CgroupTraffic | NoTraffic {
    const descriptors: number[] = [];
    const open = (descriptor: number): number => {
      if (descriptor < 0) throw new Refusal(-descriptor);
      descriptors.push(descriptor);
      return descriptor;
    };
    try {
      const map = open(createArrayMap(SIZE));
      for (const direction of [DIRECTION.receive, DIRECTION.transmit]) {
        const program = open(loadCgroupProgram(trafficProgram(map, direction), direction));
        open(linkToCgroup(program, cgroup, direction));
      }
      const memory = Mapping.of(map, 0, SIZE, "read");
      if (!memory) throw new Refusal(0);
      return new CgroupTraffic(descriptors, memory);
    } catch (error) {
      descriptors.forEach(closeFile);
      if (!(error instanceof Refusal)) throw error;
      return { reason: error.reason };
    }
  }

  /** Write down what has passed so far. */
  read(into: Traffic): void {
    const receive = offsetOf(DIRECTION.receive, false);
    const transmit = offsetOf(DIRECTION.transmit, false);
    into.rxBytes = this.#sum(receive + WORD.payloadBytes);
    into.txBytes = this.#sum(transmit + WORD.payloadBytes);
    into.rxWireBytes = this.#sum(receive + WORD.wireBytes);
    into.txWireBytes = this.#sum(transmit + WORD.wireBytes);
    into.rxPackets = this.#sum(receive + WORD.packets);
    into.txPackets = this.#sum(transmit + WORD.packets);
    into.loopbackRxBytes = this.#sum(offsetOf(DIRECTION.receive, true) + WORD.payloadBytes);
    into.loopbackTxBytes = this.#sum(offsetOf(DIRECTION.transmit, true) + WORD.payloadBytes);
  }

  /** Count no more. */
  close(): void {
    this.#memory.close();
    this.#descriptors.forEach(closeFile);
  }

  /** A counter, of all processors. */
  #sum(offset: number): number {
    const words = this.#words;
    let sum = 0;
    for (let slot = 0, at = offset / 4; slot < SLOTS; slot++, at += WORDS_A_SLOT * 2) {
      sum += words[at] + words[at + 1] * 2 ** 32;
    }
    return sum;
  }
}

class Refusal extends Error {
  constructor(readonly errno: number) {
    super();
  }

  get reason(): string {
    if (this.errno === EPERM) {
      return "counting packets needs root, or CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN outside of a user namespace";
    }
    return `the kernel counts no packets of a cgroup (bpf: ${describeErrno(this.errno)})`;
  }
}
