import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";

/**
 * A program in Perl (arguments: a word to be known by, and a file) that writes numbered lines to its output, and
 * notes each down in the file as soon as it is written. Lines are long enough to fill soon what pages are begun.
 */
export const LINE_WRITER = `
my ($word, $truth) = @ARGV;
open my $noted, ">>", $truth or die;
for (my $n = 1;; $n++) {
  syswrite STDOUT, "life $$ line $n " . "." x 500 . "\\n";
  syswrite $noted, "life $$ line $n\\n";
  select undef, undef, undef, 0.01;
}`;

/** The lines that stand in a file. */
export function writtenLines(path: string): string[] {
  return existsSync(path) ? readFileSync(path, "utf8").match(/life \d+ line \d+/g) ?? [] : [];
}

/**
 * Everything that was noted is logged, once and in its order; who is killed between the two has written one line
 * more.
 */
export function assertSameLines(logged: readonly string[], noted: readonly string[], what = "lines"): void {
  const known = new Set(noted);
  const unnoted = logged.filter((line) => !known.has(line));
  assert.deepEqual(logged.filter((line) => known.has(line)), noted, what);
  const lives = unnoted.map((line) => line.split(" ")[1]);
  assert.equal(new Set(lives).size, lives.length, `${what}: ${unnoted}`);
}
