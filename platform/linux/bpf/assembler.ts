/**
 * Instructions of eBPF (Documentation/bpf/standardization/instruction-set.rst): eight bytes each, `op`, `dst | src << 4`,
 * `offset` (i16), `immediate` (i32). Jumps go to labels, which are resolved at the end.
 */
export class BpfAssembler {
  readonly #instructions: {
    op: number;
    registers: number;
    offset: number;
    immediate: number;
    label?: string;
  }[] = [];
  readonly #labels = new Map<string, number>();

  /** The place that jumps to this label go to. */
  label(name: string): this {
    this.#labels.set(name, this.#instructions.length);
    return this;
  }

  /** `dst = value` */
  set(dst: number, value: number): this {
    return this.#add(0xb7, dst, 0, 0, value);
  }

  /** `dst = src` */
  copy(dst: number, src: number): this {
    return this.#add(0xbf, dst, src);
  }

  /** `dst op= value`, or `dst op= src` where that is a register. */
  arithmetic(
    operation: keyof typeof ARITHMETIC,
    dst: number,
    operand: number | { readonly register: number },
  ): this {
    const op = ARITHMETIC[operation];
    if (typeof operand === "number") return this.#add(op, dst, 0, 0, operand);
    return this.#add(op | FROM_REGISTER, dst, operand.register);
  }

  /** `dst = *(src + offset)`, so many bytes of it. */
  load(bytes: keyof typeof SIZE, dst: number, src: number, offset: number): this {
    return this.#add(0x61 | SIZE[bytes], dst, src, offset);
  }

  /** `*(dst + offset) = src`, so many bytes of it. */
  store(dst: number, offset: number, src: number, bytes: keyof typeof SIZE = 8): this {
    return this.#add(0x63 | SIZE[bytes], dst, src, offset);
  }

  /** `*(dst + offset) = value`, so many bytes, with the sign of the value. */
  storeValue(bytes: keyof typeof SIZE, dst: number, offset: number, value: number): this {
    return this.#add(0x62 | SIZE[bytes], dst, 0, offset, value);
  }

  /** `*(dst + offset) += src`, eight bytes, atomically. */
  addAtomically(dst: number, offset: number, src: number): this {
    return this.#add(0xdb, dst, src, offset);
  }

  /** Go on at a label when `dst` compares so, as an unsigned number, to a value or to a register. */
  jumpIf(
    comparison: keyof typeof COMPARISON,
    dst: number,
    operand: number | { readonly register: number },
    label: string,
  ): this {
    const op = COMPARISON[comparison];
    if (typeof operand === "number") return this.#add(op, dst, 0, 0, operand, label);
    return this.#add(op | FROM_REGISTER, dst, operand.register, 0, 0, label);
  }

  /** Go on at a label. */
  jump(label: string): this {
    return this.#add(0x05, 0, 0, 0, 0, label);
  }

  /** Call a function of the kernel by its number (enum bpf_func_id); r0 is its result, r1 to r5 are lost. */
  call(helper: number): this {
    return this.#add(0x85, 0, 0, 0, helper);
  }

  /** `dst` = a map, for functions that take one. */
  map(dst: number, map: number): this {
    return this.#add(0x18, dst, PSEUDO_MAP, 0, map).#add(0, 0, 0);
  }

  /** `dst` = the address of a place in the value of an array map. */
  mapValue(dst: number, map: number, offset: number): this {
    return this.#add(0x18, dst, PSEUDO_MAP_VALUE, 0, map).#add(0, 0, 0, 0, offset);
  }

  /** End the program; its result is r0. */
  exit(): this {
    return this.#add(0x95, 0, 0);
  }

  /** The instructions as the kernel takes them. @throws Error for a label that is nowhere */
  bytes(): Uint8Array {
    const view = new DataView(new ArrayBuffer(this.#instructions.length * INSTRUCTION_SIZE));
    this.#instructions.forEach(({ op, registers, offset, immediate, label }, index) => {
      const at = index * INSTRUCTION_SIZE;
      view.setUint8(at, op);
      view.setUint8(at + 1, registers);
      view.setInt16(at + 2, label === undefined ? offset : this.#distance(index, label), true);
      view.setInt32(at + 4, immediate, true);
    });
    return new Uint8Array(view.buffer);
  }

  #distance(from: number, label: string): number {
    const to = this.#labels.get(label);
    if (to === undefined) throw new Error(`there is no label ${label}`);
    return to - from - 1;
  }

  #add(op: number, dst: number, src: number, offset = 0, immediate = 0, label?: string): this {
    this.#instructions.push({ op, registers: dst | src << 4, offset, immediate, label });
    return this;
  }
}

/** Bytes of one instruction. */
export const INSTRUCTION_SIZE = 8;
const PSEUDO_MAP = 1;
const PSEUDO_MAP_VALUE = 2;
/** The operand is a register. */
const FROM_REGISTER = 0x08;
const ARITHMETIC = {
  add: 0x07,
  subtract: 0x17,
  multiply: 0x27,
  and: 0x57,
  shiftLeft: 0x67,
  shiftRight: 0x77,
} as const;
const SIZE = { 1: 0x10, 2: 0x08, 4: 0x00, 8: 0x18 } as const;
const COMPARISON = { equal: 0x15, greater: 0x25, notEqual: 0x55, atMost: 0xb5 } as const;
