/*
 * Paths of POSIX systems as text, as node:path does it there. That module costs half a millisecond of each start, and
 * what is done to the kernel's paths is little.
 */

/** Parts put together with slashes between, without `.`, `..` and empty steps where these can be resolved. */
export function join(...parts: readonly string[]): string {
  const joined = parts.filter((part) => part !== "").join("/");
  return joined === "" ? "." : normalize(joined);
}

/** The last step of a path, without slashes at its end. */
export function basename(path: string): string {
  const end = lengthWithoutSlashes(path);
  return path.slice(path.lastIndexOf("/", end - 1) + 1, end);
}

/** All but the last step of a path. */
export function dirname(path: string): string {
  const slash = path.lastIndexOf("/", lengthWithoutSlashes(path) - 1);
  if (slash < 0) return path.startsWith("/") ? "/" : ".";
  // Of slashes that separate a step, all but the leading ones stay, as Node has it.
  return slash === 0 ? "/" : slash === 1 && path.startsWith("//") ? "//" : path.slice(0, slash);
}

/** The way from one absolute path to another: empty where they are the same. */
export function relative(from: string, to: string): string {
  const [here, there] = [stepsOf(from), stepsOf(to)];
  let common = 0;
  while (common < here.length && common < there.length && here[common] === there[common]) common++;
  return [...here.slice(common).map(() => ".."), ...there.slice(common)].join("/");
}

function lengthWithoutSlashes(path: string): number {
  let end = path.length;
  while (end > 1 && path[end - 1] === "/") end--;
  return end;
}

function normalize(path: string): string {
  const isAbsolute = path.startsWith("/");
  const steps = resolved(path, isAbsolute).join("/");
  const end = path.endsWith("/") && steps !== "" ? "/" : "";
  if (isAbsolute) return `/${steps}${end}`;
  return steps === "" ? (path.endsWith("/") ? "./" : ".") : steps + end;
}

const stepsOf = (path: string) => resolved(path, true);

function resolved(path: string, isAbsolute: boolean): string[] {
  const steps: string[] = [];
  for (const step of path.split("/")) {
    if (step === "" || step === ".") continue;
    if (step !== "..") steps.push(step);
    else if (steps.length > 0 && steps.at(-1) !== "..") steps.pop();
    else if (!isAbsolute) steps.push(step);
  }
  return steps;
}
