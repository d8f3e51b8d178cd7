import { systemCall } from "../sys/machine_code.ts";
import { copyOf, ForeignMemory } from "../sys/memory.ts";
import { INSTRUCTION_SIZE } from "./assembler.ts";

// bpf(2), include/uapi/linux/bpf.h
const MAP_CREATE = 0;
const MAP_UPDATE_ELEM = 2;
const MAP_DELETE_ELEM = 3;
const PROG_LOAD = 5;
const RAW_TRACEPOINT_OPEN = 17;
const LINK_CREATE = 28;
const ATTRIBUTES_SIZE = 120;
/** BPF_F_MMAPABLE: counters are read without a system call. */
const MMAPABLE = 1 << 10;
const PROG_TYPE_CGROUP_SKB = 8;
const PROG_TYPE_RAW_TRACEPOINT = 17;
/** The kernel's helpers that read what a program is given ask for it. */
const LICENSE = "Dual MIT/GPL";

/** BPF_CGROUP_INET_INGRESS and BPF_CGROUP_INET_EGRESS: what the sockets of a cgroup receive, and what they send. */
export const DIRECTION = { receive: 0, transmit: 1 } as const;
/** One of {@link DIRECTION}. */
export type Direction = (typeof DIRECTION)[keyof typeof DIRECTION];

/** Kinds of maps (enum bpf_map_type). */
const MAP_TYPE = { hash: 1, array: 2, perCpuArray: 6, cgroupArray: 8, ringBuffer: 27 } as const;

/** An array map with one value of so many bytes, to be mapped into memory: its descriptor, or -errno. */
export function createArrayMap(valueSize: number): number {
  return createMap(MAP_TYPE.array, 4, valueSize, 1, MMAPABLE);
}

/** An array map with one value of so many bytes for each processor: its descriptor, or -errno. */
export function createPerCpuMap(valueSize: number): number {
  return createMap(MAP_TYPE.perCpuArray, 4, valueSize, 1);
}

/** A hash map, of which all memory is there from the begin: its descriptor, or -errno. */
export function createHashMap(keySize: number, valueSize: number, entryCount: number): number {
  return createMap(MAP_TYPE.hash, keySize, valueSize, entryCount);
}

/** An array of cgroups, each set by a descriptor of its directory in version 2's hierarchy: its descriptor, or -errno. */
export function createCgroupArray(entryCount: number): number {
  return createMap(MAP_TYPE.cgroupArray, 4, 4, entryCount);
}

/** Set the value of a key in a hash map; 0, or -errno. */
export function setInMap(map: number, key: Uint8Array, value: Uint8Array): number {
  return withEntry(map, key, value, MAP_UPDATE_ELEM);
}

/** Take a key out of a hash map; 0, or -errno. */
export function deleteFromMap(map: number, key: Uint8Array): number {
  return withEntry(map, key, new Uint8Array(0), MAP_DELETE_ELEM);
}

function withEntry(map: number, key: Uint8Array, value: Uint8Array, command: number): number {
  const entry = copyOf(new Uint8Array([...value, ...key]));
  try {
    return withAttributes((attributes) => {
      attributes.view.setUint32(0, map, true);
      attributes.setU64(8, entry.address + value.length);
      attributes.setU64(16, entry.address);
      return systemCall("bpf", command, attributes.address, ATTRIBUTES_SIZE);
    });
  } finally {
    entry.free();
  }
}

/**
 * A ring buffer: its descriptor, or -errno; since Linux 5.8.
 * @param size in bytes, a power of two and of whole pages
 */
export function createRingBuffer(size: number): number {
  return createMap(MAP_TYPE.ringBuffer, 0, 0, size);
}

function createMap(
  type: number,
  keySize: number,
  valueSize: number,
  entryCount: number,
  flags = 0,
): number {
  return withAttributes((attributes) => {
    [type, keySize, valueSize, entryCount, flags].forEach((word, index) =>
      attributes.view.setUint32(index * 4, word, true)
    );
    return systemCall("bpf", MAP_CREATE, attributes.address, ATTRIBUTES_SIZE);
  });
}

/** A program that sees the packets of a cgroup: its descriptor, or -errno. */
export function loadCgroupProgram(instructions: Uint8Array, direction: Direction): number {
  return loadProgram(PROG_TYPE_CGROUP_SKB, instructions, direction);
}

/** A program that runs where the kernel passes a tracepoint: its descriptor, or -errno. */
export function loadTracepointProgram(instructions: Uint8Array): number {
  return loadProgram(PROG_TYPE_RAW_TRACEPOINT, instructions, 0);
}

function loadProgram(type: number, instructions: Uint8Array, attachType: number): number {
  const code = copyOf(instructions);
  const license = copyOf(new TextEncoder().encode(`${LICENSE}\0`));
  try {
    return withAttributes((attributes) => {
      attributes.view.setUint32(0, type, true);
      attributes.view.setUint32(4, instructions.length / INSTRUCTION_SIZE, true);
      attributes.setU64(8, code.address);
      attributes.setU64(16, license.address);
      attributes.view.setUint32(68, attachType, true); // expected_attach_type
      return systemCall("bpf", PROG_LOAD, attributes.address, ATTRIBUTES_SIZE);
    });
  } finally {
    code.free();
    license.free();
  }
}

/**
 * Have a program run at a tracepoint for as long as the descriptor is open: nothing outlives this process. A
 * descriptor, or -errno.
 */
export function openTracepoint(name: string, program: number): number {
  const text = copyOf(new TextEncoder().encode(`${name}\0`));
  try {
    return withAttributes((attributes) => {
      attributes.setU64(0, text.address);
      attributes.view.setUint32(8, program, true);
      return systemCall("bpf", RAW_TRACEPOINT_OPEN, attributes.address, ATTRIBUTES_SIZE);
    });
  } finally {
    text.free();
  }
}

/**
 * Have a program see the packets of a cgroup and all below it, for as long as the descriptor is open: nothing outlives
 * this process. A descriptor, or -errno; since Linux 5.7.
 */
export function linkToCgroup(program: number, cgroup: number, direction: Direction): number {
  return withAttributes((attributes) => {
    [program, cgroup, direction].forEach((word, index) => attributes.view.setUint32(index * 4, word, true));
    return systemCall("bpf", LINK_CREATE, attributes.address, ATTRIBUTES_SIZE);
  });
}

function withAttributes(call: (attributes: ForeignMemory) => number): number {
  const attributes = new ForeignMemory(ATTRIBUTES_SIZE);
  try {
    return call(attributes);
  } finally {
    attributes.free();
  }
}
