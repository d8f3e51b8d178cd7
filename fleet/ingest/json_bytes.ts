import { Buffer } from "node:buffer";
import { KnownTexts } from "../known_texts.ts";

const [QUOTE, COMMA, MINUS, DOT, ZERO, COLON] = [0x22, 0x2c, 0x2d, 0x2e, 0x30, 0x3a];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN, CLOSE] = [0x5b, 0x5d, 0x7b, 0x7d];
/** By byte: whether a string may have it and stand for itself. Brackets may not: they are counted wherever they are. */
const IS_PLAIN = Uint8Array.from({ length: 256 }, (_, byte) => {
  return byte >= 0x20 && byte <= 0x7e && !`"\\[{`.includes(String.fromCharCode(byte)) ? 1 : 0;
});
const LITERALS = ["true", "false", "null"].map((word) => Buffer.from(word));
const NULL = LITERALS[2];
const POWERS = Float64Array.from({ length: 16 }, (_, exponent) => 10 ** exponent);
/** An integer of so many digits is a double exactly, and so is the power of ten that it is divided by. */
const EXACT_DIGITS = 15;
/** What is nested deeper is left to JSON.parse: readers that call themselves are not to fill the stack. */
export const MOST_DEPTH = 8;
/** Names that come again and again; long ones seldom do. */
const texts = new KnownTexts(4_096, 64);

/**
 * Walks over JSON as JSON.stringify writes it, byte by byte, without making strings or objects of what is not wanted.
 * Whatever it does not know at once (white space, escapes, other alphabets) has failed: it is for JSON.parse to read.
 */
export class JsonBytes {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  /** Opening brackets that were passed so far. */
  brackets = 0;
  /** Where the last plain string begins, and where its closing quote is. */
  from = 0;
  end = 0;
  #buffer: Buffer | null = null;

  /** Begin with other bytes. */
  begin(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.at = this.brackets = 0;
    this.#buffer = null;
  }

  /** Pass one byte, if it is the next. */
  passes(byte: number): boolean {
    if (this.bytes[this.at] !== byte) return false;
    this.at++;
    return true;
  }

  opensObject(): boolean {
    this.brackets++;
    return this.passes(OPEN);
  }

  closesObject(): boolean {
    return this.passes(CLOSE);
  }

  opensArray(): boolean {
    this.brackets++;
    return this.passes(OPEN_ARRAY);
  }

  closesArray(): boolean {
    return this.passes(CLOSE_ARRAY);
  }

  passesComma(): boolean {
    return this.passes(COMMA);
  }

  passesColon(): boolean {
    return this.passes(COLON);
  }

  get isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  /** Pass a string of plain characters: `from` and `end` are its bounds then. */
  passesString(): boolean {
    return this.passes(QUOTE) && this.passesPlain() && this.passes(QUOTE);
  }

  /** Pass the characters of a string up to its closing quote, if all are plain. */
  passesPlain(): boolean {
    const { bytes } = this;
    let at = this.from = this.at;
    while (IS_PLAIN[bytes[at]] === 1) at++;
    this.end = this.at = at;
    return bytes[at] === QUOTE;
  }

  /** The string that was passed last. */
  text(): string {
    const { bytes, from, end } = this;
    return texts.find(bytes, from, end) ?? texts.keep(this.slice(from, end));
  }

  /** Some of the text, of characters of one byte each. */
  slice(from: number, end: number): string {
    const { buffer, byteOffset, byteLength } = this.bytes;
    this.#buffer ??= Buffer.from(buffer, byteOffset, byteLength);
    return this.#buffer.toString("latin1", from, end);
  }

  /** Pass a number of at least 0, or null, for which it is NaN. @returns a negative number for all else */
  amount(): number {
    const { bytes } = this;
    const from = this.at;
    let at = from;
    let digit = bytes[at] - ZERO;
    if (!(digit >= 0 && digit <= 9)) return this.#passesWord(NULL) ? NaN : this.#rareNumber();
    let value = 0;
    do {
      value = value * 10 + digit;
      digit = bytes[++at] - ZERO;
    } while (digit >= 0 && digit <= 9);
    const whole = at - from;
    if (whole > 1 && bytes[from] === ZERO) return -1;
    let byte = bytes[at];
    let decimals = 0;
    if (byte === DOT) {
      digit = bytes[++at] - ZERO;
      while (digit >= 0 && digit <= 9) {
        value = value * 10 + digit;
        decimals++;
        digit = bytes[++at] - ZERO;
      }
      if (decimals === 0) return -1;
      byte = bytes[at];
    }
    if (whole + decimals > EXACT_DIGITS || byte === 0x65 || byte === 0x45) return this.#rareNumber();
    this.at = at;
    return decimals === 0 ? value : value / POWERS[decimals];
  }

  /**
   * Pass a value of any kind.
   * @param depth brackets that are open around it
   */
  passesValue(depth: number): boolean {
    if (depth > MOST_DEPTH) return false;
    switch (this.bytes[this.at]) {
      case QUOTE:
        return this.passesString();
      case OPEN:
      case OPEN_ARRAY:
        return this.#passesMany(depth);
      case 0x74:
      case 0x66:
      case 0x6e:
        return LITERALS.some((word) => this.#passesWord(word));
      case MINUS:
        return !Number.isNaN(this.#number());
      default:
        return !(this.amount() < 0);
    }
  }

  #passesMany(depth: number): boolean {
    this.brackets++;
    const isObject = this.bytes[this.at++] === OPEN;
    const close = isObject ? CLOSE : CLOSE_ARRAY;
    if (this.passes(close)) return true;
    do {
      if (isObject && !(this.passesString() && this.passesColon())) return false;
      if (!this.passesValue(depth + 1)) return false;
    } while (this.passesComma());
    return this.passes(close);
  }

  #passesWord(word: Uint8Array): boolean {
    const { bytes, at } = this;
    for (let n = 0; n < word.length; n++) if (bytes[at + n] !== word[n]) return false;
    this.at += word.length;
    return true;
  }

  #rareNumber(): number {
    const value = this.#number();
    // Zero has one sign only.
    return value >= 0 && value < Infinity ? value + 0 : -1;
  }

  /** Pass a number as JSON.parse reads it; NaN where it is none. */
  #number(): number {
    const from = this.at;
    while (isOfNumber(this.bytes[this.at])) this.at++;
    try {
      return JSON.parse(this.slice(from, this.at)) as number;
    } catch {
      return NaN;
    }
  }
}

/** Digits, signs, the point and the letter of the exponent. */
function isOfNumber(byte: number): boolean {
  return (byte >= ZERO && byte <= 0x39) || byte === MINUS || byte === 0x2b || byte === DOT ||
    byte === 0x65 || byte === 0x45;
}
