const INSTANCE = /:\d+$/;

/** The name of a process of several instances, by the id of one of them; null for the id of a process that is none. */
export function instanceBase(id: string): string | null {
  return INSTANCE.test(id) ? id.replace(INSTANCE, "") : null;
}

/** Whether a process is meant by a name: its id, or the name that it shares with the other instances of its process. */
export function isNamed(name: string, id: string): boolean {
  return name === id || instanceBase(id) === name;
}

/** Ids in rows: the instances of one process form one, to be gone through one after another. */
export function inRows(ids: readonly string[]): string[][] {
  const rows = new Map<string, string[]>();
  for (const id of ids) {
    const base = instanceBase(id);
    const row = base === null ? undefined : rows.get(`${base}:`);
    if (row) row.push(id);
    else rows.set(base === null ? id : `${base}:`, [id]);
  }
  return [...rows.values()];
}
