/** What is needed of a process to put it into an order. */
export interface Dependent {
  readonly id: string;
  readonly dependsOn: ReadonlyMap<string, unknown>;
}

/** Circles of dependencies, each once, beginning with its first member in the order given. */
export function dependencyCircles(all: readonly Dependent[]): string[][] {
  const byId = new Map(all.map((one) => [one.id, one]));
  const done = new Set<string>();
  const circles: string[][] = [];
  const visit = (id: string, path: readonly string[]) => {
    const start = path.indexOf(id);
    if (start >= 0) return void circles.push(path.slice(start));
    if (done.has(id)) return;
    for (const dependency of byId.get(id)?.dependsOn.keys() ?? []) visit(dependency, [...path, id]);
    done.add(id);
  };
  for (const { id } of all) visit(id, []);
  return circles;
}

/** Those that depend on a process directly. */
export function dependentsOf(id: string, all: readonly Dependent[]): string[] {
  return all.filter(({ dependsOn }) => dependsOn.has(id)).map((one) => one.id);
}

/** The same in an order in which everything comes after what it depends on; ties stay as they are. */
export function startOrder<T extends Dependent>(all: readonly T[]): T[] {
  const byId = new Map(all.map((one) => [one.id, one]));
  const order = new Set<T>();
  const visit = (one: T, path: ReadonlySet<string>) => {
    if (order.has(one) || path.has(one.id)) return;
    for (const dependency of one.dependsOn.keys()) {
      const other = byId.get(dependency);
      if (other) visit(other, new Set([...path, one.id]));
    }
    order.add(one);
  };
  for (const one of all) visit(one, new Set());
  return [...order];
}
