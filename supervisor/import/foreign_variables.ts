/** What stands for a dollar, a variable without braces, or one with what is to be done where it is not set. */
const FOREIGN = /\$\$(\{?)|\$([A-Za-z_]\w*)|\$\{([A-Za-z_]\w*)(:?[?-])([^{}]*)\}/g;

/**
 * Variables as compose and process-compose write them, as ours: with braces always, `$${` for a dollar and a brace, and
 * a default alone for what is not set. One that has to be set has to be here, too.
 */
export function foreignVariables(text: string): string {
  return text.replaceAll(
    FOREIGN,
    (_, brace?: string, bare?: string, name?: string, sign?: string, rest?: string) => {
      if (bare !== undefined) return `\${${bare}}`;
      if (name !== undefined) return sign!.endsWith("?") ? `\${${name}}` : `\${${name}:-${rest}}`;
      return brace === "{" ? "$${" : "$";
    },
  );
}
