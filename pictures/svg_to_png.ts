import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { initWasm, Resvg } from "@resvg/resvg-wasm";

let ready: Promise<Uint8Array> | undefined;

/**
 * An SVG picture as PNG.
 *
 * @param scale pixels of the PNG for one of the SVG
 */
export async function svgToPng(svg: string, scale: number): Promise<Uint8Array> {
  const font = await (ready ??= load());
  const options = {
    fitTo: { mode: "zoom" as const, value: scale },
    font: { fontBuffers: [font], defaultFontFamily: "Inter", sansSerifFamily: "Inter" },
  };
  return new Resvg(svg, options).render().asPng();
}

async function load(): Promise<Uint8Array> {
  const { wasm, font } = assets();
  await initWasm(wasm);
  return font;
}

const WASM = "@resvg/resvg-wasm/index_bg.wasm";
const FONT = "@expo-google-fonts/inter/500Medium/Inter_500Medium.ttf";

/** Where Bun keeps the files of a binary. */
const IN_BINARY = /\/(\$bunfs|~BUN)\//;

/** In a binary: gives the path of a file that was put into it. */
declare const require: (name: string) => unknown;

/** The renderer and the font: within the binary, or where they are installed. */
function assets(): { wasm: Uint8Array<ArrayBuffer>; font: Uint8Array } {
  // What is required by name, Bun puts into the binary. An import it must not be: the type checkers would read it.
  const paths = IN_BINARY.test(import.meta.url)
    ? [
      require("@resvg/resvg-wasm/index_bg.wasm"),
      require("@expo-google-fonts/inter/500Medium/Inter_500Medium.ttf"),
    ].map(pathOf)
    : [WASM, FONT].map((name) => createRequire(import.meta.url).resolve(name));
  return { wasm: readFileSync(paths[0]), font: readFileSync(paths[1]) };
}

/** A required file is its path, or a module whose default export that is. */
function pathOf(required: unknown): string {
  return typeof required === "string" ? required : (required as { default: string }).default;
}
