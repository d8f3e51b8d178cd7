/**
 * Whether a pattern (`web:*`, `?-db`; `*` for any characters, `?` for one) fits an id. No regular expression: of many
 * stars that takes for ever; here the last star alone is gone back to, which suffices.
 */
export function isLike(pattern: string, id: string): boolean {
  let [at, star, taken] = [0, -1, 0];
  for (let place = 0; place < id.length;) {
    if (pattern[at] === "*") [star, taken] = [at++, place];
    else if (pattern[at] === "?" || pattern[at] === id[place]) [at, place] = [at + 1, place + 1];
    else if (star >= 0) [at, place] = [star + 1, ++taken];
    else return false;
  }
  return /^\**$/.test(pattern.slice(at));
}
