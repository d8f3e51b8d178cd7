import { digestOf } from "./digest.ts";
import { MOST_POINTS, pointsOf, TooMuch } from "./otlp_points.ts";
import type { OtlpMetric, OtlpPoint, OtlpValue } from "./otlp_points.ts";

/** Delta, of AggregationTemporality. */
const DELTA = 1;
/** Fields of Metric: what its points are, and which field of a point has its attributes. */
const SHAPES: Readonly<Record<number, readonly [OtlpMetric["shape"], attributes: number]>> = {
  5: ["gauge", 7],
  7: ["sum", 7],
  9: ["histogram", 9],
  10: ["histogram", 1],
  11: ["histogram", 7],
};

/** One field of a message: bytes of a message or text, else a number; `double` is its eight bytes read as one. */
interface Field {
  readonly number: number;
  readonly bytes: Uint8Array;
  readonly whole: number;
  readonly double: number;
}

/** Fields that are looked at in one request: many more than so many points have. */
const MOST_FIELDS = 10 * MOST_POINTS;

const NONE = new Uint8Array();
const TEXT = new TextDecoder();
/** Each byte is a character of its own. */
const LATIN1 = new TextDecoder("latin1");

/** How many more fields are looked at. */
interface Room {
  fields: number;
}

/**
 * The points of an ExportMetricsServiceRequest in protobuf's encoding.
 * @throws RangeError when it is none, TooMuch when it is too long
 */
export function pointsOfProtobuf(bytes: Uint8Array): OtlpPoint[] {
  const points: OtlpPoint[] = [];
  const room = { fields: MOST_FIELDS };
  for (const request of fieldsOf(bytes, room)) {
    if (request.number !== 1) continue;
    const parts = [...fieldsOf(request.bytes, room)];
    const resource = digestOf(keyOf(parts.find(({ number }) => number === 1)?.bytes ?? NONE));
    for (const scope of parts) {
      if (scope.number !== 2) continue;
      for (const metric of fieldsOf(scope.bytes, room)) {
        if (metric.number !== 2) continue;
        for (const point of metricPoints(metric.bytes, resource, room)) points.push(point);
        if (points.length > MOST_POINTS) throw new TooMuch(`more than ${MOST_POINTS} points`);
      }
    }
  }
  return points;
}

function metricPoints(bytes: Uint8Array, resource: number, room: Room): OtlpPoint[] {
  const fields = [...fieldsOf(bytes, room)];
  if (!fields.some(({ number }) => number in SHAPES)) return [];
  const name = TEXT.decode(fields.find(({ number }) => number === 1)?.bytes ?? NONE);
  return fields.flatMap(({ number, bytes }) => {
    const found = SHAPES[number];
    if (!found) return [];
    const [shape, attributes] = found;
    const parts = [...fieldsOf(bytes, room)];
    const flag = (number: number) => parts.findLast((part) => part.number === number)?.whole ?? 0;
    const metric = {
      name,
      shape,
      isDelta: shape !== "gauge" && number !== 11 && flag(2) === DELTA,
      isMonotonic: flag(3) !== 0,
    };
    const values = parts.filter(({ number }) => number === 1).map((part) =>
      valueOf(part.bytes, attributes, room)
    );
    return pointsOf(metric, resource, values);
  });
}

function valueOf(bytes: Uint8Array, attributesField: number, room: Room): OtlpValue {
  const told = { attributes: "", start: "", value: NaN, count: NaN, sum: NaN };
  for (const { number, bytes: inner, whole, double } of fieldsOf(bytes, room)) {
    if (number === attributesField) told.attributes += keyOf(inner);
    else if (number === 2) told.start = String(whole);
    else if (number === 4) [told.value, told.count] = [double, whole];
    else if (number === 5) told.sum = double;
    else if (number === 6) told.value = whole;
  }
  return told;
}

/** Bytes as a key: what they mean is nobody's business here. */
function keyOf(bytes: Uint8Array): string {
  return LATIN1.decode(bytes);
}

/** The fields of a message (protobuf.dev/programming-guides/encoding), one after another. */
function* fieldsOf(bytes: Uint8Array, room: Room): Generator<Field> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = view.getUint8(at++);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError("a number is longer than ten bytes");
  };
  while (at < bytes.length) {
    if (room.fields-- <= 0) throw new TooMuch(`more than ${MOST_FIELDS} fields`);
    const tag = varint();
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        yield { number, bytes: NONE, whole: varint(), double: NaN };
        break;
      case 1:
        yield {
          number,
          bytes: NONE,
          whole: Number(view.getBigInt64(at, true)),
          double: view.getFloat64(at, true),
        };
        at += 8;
        break;
      case 2: {
        const length = varint();
        if (length > bytes.length - at) throw new RangeError("a field is longer than its message");
        yield { number, bytes: bytes.subarray(at, at + length), whole: NaN, double: NaN };
        at += length;
        break;
      }
      case 5:
        view.getUint32(at, true);
        at += 4;
        break;
      default:
        throw new RangeError("a field is of no known type");
    }
  }
}
