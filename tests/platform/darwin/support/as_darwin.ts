/*
 * Loaded before the program by Bun (`--preload`): it is told that it runs on macOS, and its libSystem is the one that
 * FAKE_LIBSYSTEM names.
 */
import { readFileSync } from "node:fs";
import process from "node:process";

interface Loaded {
  readonly contents: string;
  readonly loader: "ts";
}
interface Plugins {
  plugin(given: {
    name: string;
    setup(build: { onLoad(of: { filter: RegExp }, load: (file: { path: string }) => Loaded): void }): void;
  }): void;
}

const library = process.env.FAKE_LIBSYSTEM!;
const REAL = '"/usr/lib/libSystem.B.dylib"';

Object.defineProperty(process, "platform", { value: "darwin" });
(globalThis as unknown as { Bun: Plugins }).Bun.plugin({
  name: "libSystem of our own",
  setup(build) {
    build.onLoad({ filter: /platform\/darwin\/sys\/libsystem\.ts$/ }, ({ path }) => {
      const source = readFileSync(path, "utf8");
      if (!source.includes(REAL)) throw new Error(`${path} names no library`);
      return { contents: source.replace(REAL, JSON.stringify(library)), loader: "ts" };
    });
  },
});
