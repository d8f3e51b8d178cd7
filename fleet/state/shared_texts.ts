/** Texts by name, that nobody changes. */
type Texts = Readonly<Record<string, string>>;

/** So many are remembered at most: what tasks have of them differs little. */
const MOST = 256;
const known = new Map<string, Texts>();
let last: Texts = {};

/** The same texts as one object for all tasks that have them: there is one of every message otherwise. */
export function shared(texts: Texts): Texts {
  if (isSame(texts, last)) return last;
  const key = JSON.stringify(texts);
  const found = known.get(key);
  if (found === undefined) {
    if (known.size >= MOST) known.clear();
    known.set(key, texts);
  }
  return last = found ?? texts;
}

/** Whether two have the same texts under the same names, in the same order. */
export function isSame(a: Texts, b: Texts): boolean {
  if (a === b) return true;
  const [names, others] = [Object.keys(a), Object.keys(b)];
  return names.length === others.length &&
    names.every((name, at) => name === others[at] && a[name] === b[name]);
}
