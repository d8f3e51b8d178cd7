import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { initWasm, Resvg } from "@resvg/resvg-wasm";

let ready: Promise<void> | undefined;

/**
 * An SVG picture as PNG.
 *
 * @param scale pixels of the PNG for one of the SVG
 * @param fonts for what our own does not have, the first one first
 */
export async function svgToPng(
  svg: string,
  scale: number,
  fonts: readonly Uint8Array[] = [],
): Promise<Uint8Array> {
  await (ready ??= initWasm(readFileSync(assets().wasm)));
  const options = {
    fitTo: { mode: "zoom" as const, value: scale },
    font: { fontBuffers: [ownFont(), ...fonts], defaultFontFamily: "Inter", sansSerifFamily: "Inter" },
  };
  return signed(new Resvg(svg, options).render().asPng());
}

/**
 * A PNG's signature (8 bytes) and its first chunk, IHDR (25): what is said of the picture follows them (PNG 3rd ed.,
 * 5).
 */
const HEAD_BYTES = 33;
/** A tEXt chunk that names the software: its length, its type and content, and their CRC-32. */
const SOFTWARE = Buffer.concat([
  Buffer.from([0, 0, 0, 16]),
  Buffer.from("tEXtSoftware\0proctor", "latin1"),
  Buffer.from([0x22, 0xeb, 0xda, 0x7a]),
]);

/** The picture with a word of who has made it, by which we know it again. */
function signed(png: Uint8Array): Uint8Array {
  return Buffer.concat([png.subarray(0, HEAD_BYTES), SOFTWARE, png.subarray(HEAD_BYTES)]);
}

/** The font that pictures have their letters in. */
export function ownFont(): Uint8Array {
  return readFileSync(assets().font);
}

const WASM = "@resvg/resvg-wasm/index_bg.wasm";
const FONT = "@expo-google-fonts/inter/500Medium/Inter_500Medium.ttf";

/** Where Bun keeps the files of a binary. */
const IN_BINARY = /\/(\$bunfs|~BUN)\//;

/** In a binary: gives the path of a file that was put into it. */
declare const require: (name: string) => unknown;

/** The paths of the renderer and the font: within the binary, or where they are installed. */
function assets(): { wasm: string; font: string } {
  // What is required by name, Bun puts into the binary. An import it must not be: the type checkers would read it.
  const paths = IN_BINARY.test(import.meta.url)
    ? [
      require("@resvg/resvg-wasm/index_bg.wasm"),
      require("@expo-google-fonts/inter/500Medium/Inter_500Medium.ttf"),
    ].map(pathOf)
    : [WASM, FONT].map((name) => createRequire(import.meta.url).resolve(name));
  return { wasm: paths[0], font: paths[1] };
}

/** A required file is its path, or a module whose default export that is. */
function pathOf(required: unknown): string {
  return typeof required === "string" ? required : (required as { default: string }).default;
}
