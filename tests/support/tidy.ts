/* Rules of tidiness that a formatter does not know. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The longest line: two of them stand side by side on a screen. */
const LONGEST_LINE = 120;
const HAS_TEXT = /["'`]|\/\^|\/\[/;

/** A file of the project: its path from the root, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

const NO_SOURCES = new Set(["node_modules", "dist", "captured"]);

/** Every TypeScript file below a directory. */
export function readSources(root: string, directory = ""): SourceFile[] {
  return readdirSync(join(root, directory), { withFileTypes: true }).flatMap((entry) => {
    const path = directory ? `${directory}/${entry.name}` : entry.name;
    if (entry.name.startsWith(".") || NO_SOURCES.has(entry.name)) return [];
    if (entry.isDirectory()) return readSources(root, path);
    return entry.name.endsWith(".ts") ? [{ path, text: readFileSync(join(root, path), "utf8") }] : [];
  });
}

/** Lines that are too long, as `FILE:LINE`; a text or a pattern that is one piece may be longer. */
export function longLines(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) =>
    text.split("\n").flatMap((line, index) =>
      line.length > LONGEST_LINE && !HAS_TEXT.test(line) ? [`${path}:${index + 1}`] : []
    )
  );
}

const EXPORT = /^export (?:abstract )?(?:async )?(?:function\*?|class|const) (\w+)/gm;

/** Functions, classes and constants that are exported, and that no other file speaks of. */
export function deadExports(files: readonly SourceFile[]): string[] {
  const homes = new Map<string, Set<string>>();
  for (const { path, text } of files) {
    for (const [word] of text.matchAll(/\w+/g)) {
      let known = homes.get(word);
      if (!known) homes.set(word, known = new Set());
      known.add(path);
    }
  }
  return files.flatMap(({ path, text }) =>
    [...text.matchAll(EXPORT)].filter(([, name]) => homes.get(name)!.size === 1)
      .map(([, name]) => `${path} exports ${name}`)
  );
}
