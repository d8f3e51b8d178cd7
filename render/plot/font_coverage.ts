import { ProctorError, usageError } from "../../core/error.ts";

/** Which characters a font can draw. */
export type Coverage = (codePoint: number) => boolean;

/** Offsets and forms after the OpenType specification 1.9: "Font File", "cmap". */
const COLLECTION = 0x74746366; // ttcf
const TRUE_TYPE = 0x00010000;
const APPLE_TRUE_TYPE = 0x74727565; // true
const CFF = 0x4f54544f; // OTTO
const CMAP = 0x636d6170; // cmap
/** Outlines; a font without any is of pictures, which the renderer leaves out. */
const OUTLINES: readonly number[] = [0x676c7966, 0x43464620, 0x43464632]; // glyf, CFF, CFF2
/** Layers of colour, whose outlines are empty. */
const LAYERS = 0x434f4c52; // COLR

/**
 * The characters of a TrueType or OpenType font, or of all fonts of a collection.
 *
 * @throws ProctorError when it is none, or one that cannot be drawn with
 */
export function coverageOf(font: Uint8Array): Coverage {
  try {
    return coverageOfAll(font);
  } catch (error) {
    if (error instanceof ProctorError) throw error;
    throw usageError("no TrueType or OpenType font; name a .ttf, .otf or .ttc file"); // Cut off, or no font at all.
  }
}

function coverageOfAll(font: Uint8Array): Coverage {
  const view = new DataView(font.buffer, font.byteOffset, font.byteLength);
  const fonts = view.getUint32(0) === COLLECTION
    ? Array.from({ length: view.getUint32(8) }, (_, index) => view.getUint32(12 + 4 * index))
    : [0];
  const tables = fonts.flatMap((at) => characterMaps(view, at));
  return (codePoint) => tables.some((table) => table(codePoint));
}

function characterMaps(view: DataView, font: number): Coverage[] {
  const version = view.getUint32(font);
  if (version !== TRUE_TYPE && version !== CFF && version !== APPLE_TRUE_TYPE) {
    throw usageError("no TrueType or OpenType font; name a .ttf, .otf or .ttc file");
  }
  const maps = new Set<number>();
  const tags = Array.from(
    { length: view.getUint16(font + 4) },
    (_, table) => view.getUint32(font + 12 + 16 * table),
  );
  if (tags.includes(LAYERS) || !OUTLINES.some((tag) => tags.includes(tag))) {
    throw usageError("its characters are coloured pictures; only outlines can be drawn");
  }
  const table = tags.indexOf(CMAP);
  if (table >= 0) {
    const at = view.getUint32(font + 12 + 16 * table + 8);
    for (let map = 0; map < view.getUint16(at + 2); map++) maps.add(at + view.getUint32(at + 8 + 8 * map));
  }
  const read = [...maps].flatMap((at) => {
    const format = view.getUint16(at);
    return format === 4 ? [segments(view, at)] : format === 12 ? [groups(view, at)] : [];
  });
  if (read.length === 0) throw usageError("it has no table of Unicode characters");
  return read;
}

/** Format 4: segments of the first plane; a glyph of 0 is none. */
function segments(view: DataView, at: number): Coverage {
  const count = view.getUint16(at + 6) >> 1;
  const [ends, starts] = [at + 14, at + 16 + 2 * count];
  const [deltas, offsets] = [starts + 2 * count, starts + 4 * count];
  view.getUint8(offsets + 2 * count - 1); // All of it has to be there; the glyphs behind it may be left out.
  return (codePoint) => {
    const index = firstNotBelow(count, (index) => view.getUint16(ends + 2 * index), codePoint);
    const start = index < count ? view.getUint16(starts + 2 * index) : Infinity;
    if (codePoint < start) return false;
    const delta = view.getUint16(deltas + 2 * index);
    const offset = view.getUint16(offsets + 2 * index);
    if (offset === 0) return (codePoint + delta & 0xffff) !== 0;
    const place = offsets + 2 * index + offset + 2 * (codePoint - start);
    return place + 2 <= view.byteLength && view.getUint16(place) !== 0;
  };
}

/** Format 12: groups of any plane. */
function groups(view: DataView, at: number): Coverage {
  const count = view.getUint32(at + 12);
  view.getUint8(at + 15 + 12 * count); // All of it has to be there.
  return (codePoint) => {
    const index = firstNotBelow(count, (index) => view.getUint32(at + 20 + 12 * index), codePoint);
    if (index === count) return false;
    const start = view.getUint32(at + 16 + 12 * index);
    return codePoint >= start && view.getUint32(at + 24 + 12 * index) + codePoint - start !== 0;
  };
}

/** The first of some rising numbers that is not below another. */
function firstNotBelow(count: number, numberAt: (index: number) => number, least: number): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numberAt(middle) < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
