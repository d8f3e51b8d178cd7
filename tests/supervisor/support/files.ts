import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A directory of its own, short enough for a socket in it. */
export interface Scratch extends Disposable {
  readonly path: string;
  /** Write a file in it; its path. */
  write(name: string, text: string): string;
}

/** Make one. */
export function scratch(): Scratch {
  const path = mkdtempSync(join(tmpdir(), "proctor-s-"));
  return {
    path,
    write(name, text) {
      const file = join(path, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      return file;
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}
