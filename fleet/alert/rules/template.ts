const PLACE = /\{([^{}]*)\}/g;
const NAME = /^[\w.\-/]{1,128}$/;
const LONGEST = 1_000;

/** What is wrong with the text of a summary; null for nothing. */
export function templateFault(text: string): string | null {
  for (const [, name] of text.matchAll(PLACE)) {
    if (!NAME.test(name)) {
      return `"{${name}}" names nothing; write a field or a label, such as {task_id}, or {value}`;
    }
  }
  return /[{}]/.test(text.replace(PLACE, "")) ? "a { or } stands alone; write {task_id}, both of them" : null;
}

/** A summary with everything put into its places; what is not known is nothing there. */
export function fillTemplate(text: string, value: (name: string) => string): string {
  return text.replace(PLACE, (_, name: string) => value(name)).slice(0, LONGEST);
}
