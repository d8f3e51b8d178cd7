import { JsonBytes } from "./json_bytes.ts";
import type { Reading } from "./reading.ts";
import { shapeOf } from "./shape.ts";
import type { Form, Shape } from "./shape.ts";

/** Shapes that are known at a time: agents of one version and profile have one, or few. */
const MOST_SHAPES = 8;
/** One message in so many of those that are of no known shape is learned from: to find out costs as much as to read. */
const LEARNED_ONE_IN = 8;

/** Reads a message that is of a shape; false where it is not, or where it is not to be taken. */
export type TakeShape = (shape: Shape, json: JsonBytes, view: DataView, reading: Reading) => boolean;

/**
 * Reads messages straight from their bytes into figures, by the shapes of messages before: what an agent sends differs
 * by its numbers only, so that most of it is compared and not read. It takes what JSON.stringify writes; where anything
 * is other than expected it gives up, and the reader of objects takes it, or says what is wrong with it.
 */
export class ShapeReader {
  readonly #json = new JsonBytes();
  /** The one that fitted last comes first. */
  readonly #shapes: Shape[] = [];
  #missed = 0;

  constructor(readonly form: Form, readonly take: TakeShape) {}

  /**
   * Read a body of messages without making objects of them.
   * @param mostBrackets more are not read
   * @returns how many messages it has; 0 where it is for another to read, whatever has arrived in `reading` by then
   */
  read(bytes: Uint8Array, reading: Reading, mostBrackets: number): number {
    try {
      const count = this.#read(bytes, reading, mostBrackets);
      return reading.faults.length === 0 ? count : 0;
    } catch {
      // This is the short way only: the other reader says what is wrong, if anything is.
      return 0;
    }
  }

  #read(bytes: Uint8Array, reading: Reading, mostBrackets: number): number {
    const json = this.#json;
    json.begin(bytes);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const isArray = json.opensArray();
    let [count, brackets] = [0, 1];
    do {
      const shape = ++count > reading.limits.batch ? null : this.#message(view, reading);
      if (shape === null || (brackets += shape.brackets) > mostBrackets) return 0;
    } while (isArray && json.passesComma());
    return (!isArray || json.closesArray()) && json.isAtEnd ? count : 0;
  }

  /** @returns the shape of the message that was read; null where it could not be */
  #message(view: DataView, reading: Reading): Shape | null {
    const json = this.#json;
    const from = json.at;
    for (let n = 0; n < this.#shapes.length; n++) {
      const shape = this.#shapes[n];
      if (this.take(shape, json, view, reading)) {
        if (n > 0) this.#shapes.unshift(...this.#shapes.splice(n, 1));
        return shape;
      }
      json.at = from;
    }
    if (this.#missed++ % LEARNED_ONE_IN !== 0) return null;
    const shape = shapeOf(json.bytes, from, this.form);
    if (shape === null || !this.take(shape, json, view, reading)) return null;
    this.#shapes.unshift(shape);
    if (this.#shapes.length > MOST_SHAPES) this.#shapes.pop();
    return shape;
  }
}

/**
 * Whether some of the fixed text of a shape stands at a place. Eight bytes at a time are compared as a double, the last
 * eight once more where they overlap: the text is ASCII, which is neither zero nor NaN as a number.
 */
export function isSameText(
  text: DataView,
  from: number,
  length: number,
  view: DataView,
  at: number,
): boolean {
  if (at + length > view.byteLength) return false;
  if (length < 8) {
    for (let n = 0; n < length; n++) if (text.getUint8(from + n) !== view.getUint8(at + n)) return false;
    return true;
  }
  const last = length - 8;
  for (let n = 0; n < last; n += 8) {
    if (text.getFloat64(from + n, true) !== view.getFloat64(at + n, true)) return false;
  }
  return text.getFloat64(from + last, true) === view.getFloat64(at + last, true);
}
