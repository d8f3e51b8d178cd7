import { BpfAssembler } from "./assembler.ts";
import { DIRECTION } from "./bpf.ts";
import type { Direction } from "./bpf.ts";

/*
 * The counters: for each of so many processors, modulo, a slot; in it for each direction the loopback and all other
 * interfaces; of each three words: bytes with IP headers, packets, payload bytes.
 */

/** Slots, a power of two: processors beyond it share them. */
export const SLOTS = 64;
/** Bytes of a slot, a power of two. */
export const SLOT_SIZE = 128;
const DIRECTION_SIZE = 48;
const LINK_SIZE = 24;
/** Where in a slot the words of a direction lie. */
export function offsetOf(direction: Direction, isLoopback: boolean): number {
  return direction * DIRECTION_SIZE + (isLoopback ? 0 : LINK_SIZE);
}
/** Where the three words of it lie. */
export const WORD = { wireBytes: 0, packets: 8, payloadBytes: 16 } as const;

// struct __sk_buff (include/uapi/linux/bpf.h)
const LENGTH = 0;
const INTERFACE = 40;
const DATA = 76;
const DATA_END = 80;
const SEGMENTS = 164;

const GET_SMP_PROCESSOR_ID = 8;
/** The loopback is the first interface of every network namespace. */
const LOOPBACK = 1;
const TCP = 6;
const UDP = 17;
const IPV4_LEAST_HEADER = 20;
const IPV6_HEADER = 40;
const TCP_LEAST_HEADER = 20;
const HOP_BY_HOP = 0;
const HOP_BY_HOP_SIZE = 8;
/** IPV6_TLV_JUMBO: the option of a hop-by-hop header. */
const JUMBO = 0xc2;

/**
 * The program that counts what passes in one direction. It lets everything pass (returns 1).
 *
 * A packet here may be many of the wire: the kernel splits it later (GSO), or has merged what arrived (GRO), and then
 * the headers were sent `segments` times.
 */
export function trafficProgram(map: number, direction: Direction): Uint8Array {
  const [result, scratch, data, end, pointer, headers, context, length, link, segments, stack] = [
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    10,
  ];
  return new BpfAssembler()
    .copy(context, scratch)
    .load(4, length, context, LENGTH)
    .load(4, link, context, INTERFACE)
    .load(4, segments, context, SEGMENTS)
    .jumpIf("notEqual", segments, 0, "segmented")
    .set(segments, 1)
    .label("segmented")
    .set(headers, 0)
    .load(4, data, context, DATA)
    .load(4, end, context, DATA_END)
    .copy(pointer, data)
    .arithmetic("add", pointer, IPV4_LEAST_HEADER)
    .jumpIf("greater", pointer, { register: end }, "other")
    .load(1, result, data, 0)
    .arithmetic("shiftRight", result, 4)
    .jumpIf("equal", result, 4, "ipv4")
    .jumpIf("notEqual", result, 6, "other")
    .set(headers, IPV6_HEADER)
    .load(1, result, data, 6)
    .jumpIf("notEqual", result, HOP_BY_HOP, "transport")
    .copy(pointer, data)
    .arithmetic("add", pointer, IPV6_HEADER + HOP_BY_HOP_SIZE)
    .jumpIf("greater", pointer, { register: end }, "other")
    // BIG TCP: a packet beyond 64 KB says so in a header that is on no wire.
    .load(1, result, data, IPV6_HEADER + 2)
    .jumpIf("notEqual", result, JUMBO, "other")
    .load(1, result, data, IPV6_HEADER)
    .arithmetic("subtract", length, HOP_BY_HOP_SIZE)
    .arithmetic("add", data, HOP_BY_HOP_SIZE)
    .jump("transport")
    .label("ipv4")
    .load(1, headers, data, 0)
    .arithmetic("and", headers, 15)
    .arithmetic("shiftLeft", headers, 2)
    .load(1, result, data, 9)
    .label("transport")
    .jumpIf("notEqual", result, UDP, "tcp")
    .arithmetic("add", headers, 8)
    .jump("count")
    .label("tcp")
    .jumpIf("notEqual", result, TCP, "other")
    .copy(pointer, headers)
    .arithmetic("and", pointer, 63)
    .arithmetic("add", data, { register: pointer })
    .copy(pointer, data)
    .arithmetic("add", pointer, TCP_LEAST_HEADER)
    .jumpIf("greater", pointer, { register: end }, "other")
    .load(1, result, data, 12)
    .arithmetic("shiftRight", result, 4)
    .arithmetic("shiftLeft", result, 2)
    .arithmetic("add", headers, { register: result })
    .label("count")
    .jumpIf("atMost", headers, { register: length }, "whole")
    // What the kernel says on behalf of a program (ICMP, MLD) is not a program's payload.
    .label("other")
    .copy(headers, length)
    .label("whole")
    .store(stack, -8, segments)
    .copy(pointer, length)
    .arithmetic("subtract", pointer, { register: headers })
    .store(stack, -16, pointer)
    .arithmetic("add", segments, -1)
    .arithmetic("multiply", segments, { register: headers })
    .arithmetic("add", segments, { register: length })
    .store(stack, -24, segments)
    .call(GET_SMP_PROCESSOR_ID)
    .arithmetic("and", result, SLOTS - 1)
    .arithmetic("shiftLeft", result, Math.log2(SLOT_SIZE))
    .mapValue(scratch, map, direction === DIRECTION.receive ? 0 : DIRECTION_SIZE)
    .arithmetic("add", scratch, { register: result })
    .jumpIf("equal", link, LOOPBACK, "add")
    .arithmetic("add", scratch, LINK_SIZE)
    .label("add")
    .load(8, data, stack, -24)
    .addAtomically(scratch, WORD.wireBytes, data)
    .load(8, data, stack, -8)
    .addAtomically(scratch, WORD.packets, data)
    .load(8, data, stack, -16)
    .addAtomically(scratch, WORD.payloadBytes, data)
    .set(result, 1)
    .exit()
    .bytes();
}
