/*
 * The kernel's own types, as /sys/kernel/btf/vmlinux has them (Documentation/bpf/btf.rst): a header, types one after
 * another, each of three words and what its kind adds, and the strings that they name by offset.
 */

/** Names of fields by the struct that has them. */
export type WantedFields = Readonly<Record<string, readonly string[]>>;
/** Where fields lie, in bytes from the begin of their struct: `task_struct.pid`. What the kernel lacks is missing. */
export type FieldOffsets = ReadonlyMap<string, number>;

const MAGIC = 0xeb9f;
const HEADER_SIZE = 24;
/** Words of a type: name, kind and count, size. */
const TYPE_WORDS = 3;
/** Words of a member: name, type, offset. */
const MEMBER_WORDS = 3;
const KIND = {
  array: 3,
  struct: 4,
  union: 5,
  enum: 6,
  prototype: 13,
  variable: 14,
  section: 15,
  tag: 17,
  enum64: 19,
};
const INTEGER = 1;
/** Offsets in bits; where the type's kind_flag is set, the upper byte is the size of a bit field. */
const BIT_OFFSET = 0xff_ffff;
/** A nameless member has its fields in whoever holds it; deeper than this none is. */
const MOST_DEPTH = 8;

/**
 * Where the wanted fields lie; null where the bytes are no types.
 *
 * Nothing is read that need not be, since a command waits for it: structs are searched by the place of their name, of
 * which each is there once, and types are numbered as far as a nameless member asks.
 */
export function fieldOffsets(bytes: Uint8Array, wanted: WantedFields): FieldOffsets | null {
  const types = Types.of(bytes);
  if (!types) return null;
  const found = new Map<string, number>();
  for (const [struct, names] of Object.entries(wanted)) {
    for (const [field, offset] of types.struct(struct, new Set(names))) {
      found.set(`${struct}.${field}`, offset);
    }
  }
  return found;
}

class Types {
  /** The type with the highest number that was looked for, and the word at which it begins. */
  #reached = { type: 1, word: 0 };

  private constructor(readonly words: Uint32Array, readonly strings: Uint8Array) {}

  static of(bytes: Uint8Array): Types | null {
    if (bytes.length < HEADER_SIZE) return null;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (view.getUint16(0, true) !== MAGIC) return null;
    const header = view.getUint32(4, true);
    const [typesAt, typesSize, stringsAt, stringsSize] = [8, 12, 16, 20].map((at) =>
      view.getUint32(at, true)
    );
    if (
      header + Math.max(typesAt + typesSize, stringsAt + stringsSize) > bytes.length || typesSize % 4 !== 0
    ) {
      return null;
    }
    const types = bytes.subarray(header + typesAt, header + typesAt + typesSize);
    // A copy begins where words may begin.
    const aligned = types.byteOffset % 4 === 0 ? types : types.slice();
    const words = new Uint32Array(aligned.buffer, aligned.byteOffset, typesSize / 4);
    return new Types(words, bytes.subarray(header + stringsAt, header + stringsAt + stringsSize));
  }

  /** Fields of the struct with this name, as far as it has them. */
  struct(name: string, fields: ReadonlySet<string>): ReadonlyMap<string, number> {
    const { words, strings } = this;
    const found = new Map<string, number>();
    const text = Buffer.from(strings.buffer, strings.byteOffset, strings.length);
    const nameAt = text.indexOf(`\0${name}\0`, 0, "latin1") + 1;
    if (nameAt === 0) return found;
    // The number of the name may be another word by chance: whatever has the fields is the struct.
    for (let at = words.indexOf(nameAt); at >= 0 && found.size === 0; at = words.indexOf(nameAt, at + 1)) {
      if (at + 1 >= words.length || kindOf(words[at + 1]) !== KIND.struct) continue;
      this.#members(at, 0, 0, (field, offset) => {
        if (fields.has(field)) found.set(field, offset);
      });
    }
    return found;
  }

  /** Tell each field of the struct or union at a word, those of nameless members included. */
  #members(word: number, base: number, depth: number, tell: (name: string, offset: number) => void): void {
    const { words } = this;
    const first = word + TYPE_WORDS;
    const end = Math.min(first + (words[word + 1] & 0xffff) * MEMBER_WORDS, words.length);
    for (let at = first; at + MEMBER_WORDS <= end; at += MEMBER_WORDS) {
      const offset = base + (words[at + 2] & BIT_OFFSET) / 8;
      if (words[at] !== 0) {
        tell(this.#name(words[at]), offset);
        continue;
      }
      const nested = this.#begin(words[at + 1]);
      if (nested === undefined || depth >= MOST_DEPTH) continue;
      const kind = kindOf(words[nested + 1]);
      if (kind === KIND.struct || kind === KIND.union) this.#members(nested, offset, depth + 1, tell);
    }
  }

  /**
   * The word at which a type begins, by its number: the first has number one. All before it are passed over, a hundred
   * thousand at times; nothing is kept of them, since few are asked for.
   */
  #begin(type: number): number | undefined {
    const { words } = this;
    let { type: number, word } = type >= this.#reached.type ? this.#reached : { type: 1, word: 0 };
    if (type < 1) return undefined;
    for (; number < type; number++) {
      if (word + TYPE_WORDS > words.length) return undefined;
      const info = words[word + 1];
      const kind = (info >>> 24) & 0x1f;
      word += TYPE_WORDS + EXTRA_WORDS[kind] + WORDS_PER_MEMBER[kind] * (info & 0xffff);
    }
    this.#reached = { type, word };
    return word + TYPE_WORDS > words.length ? undefined : word;
  }

  #name(offset: number): string {
    const end = this.strings.indexOf(0, offset);
    return String.fromCharCode(...this.strings.subarray(offset, end < 0 ? offset : end));
  }
}

function kindOf(info: number): number {
  return (info >>> 24) & 0x1f;
}

/** Words that a type of each kind has besides the first three: so many, and so many for each of its members. */
const EXTRA_WORDS = new Uint8Array(32);
const WORDS_PER_MEMBER = new Uint8Array(32);
for (const kind of [INTEGER, KIND.variable, KIND.tag]) EXTRA_WORDS[kind] = 1;
EXTRA_WORDS[KIND.array] = 3;
for (const kind of [KIND.struct, KIND.union, KIND.section, KIND.enum64]) WORDS_PER_MEMBER[kind] = 3;
for (const kind of [KIND.enum, KIND.prototype]) WORDS_PER_MEMBER[kind] = 2;
