/** How a page has dark or light colours: as the system says, unless its reader has chosen. */

/** Under which the browser keeps the choice. */
export const THEME_KEY = "proctor-theme";

/** For the head, before the style sheet: a page never shows the other colours first. */
export const THEME_SCRIPT =
  `try{const t=localStorage.getItem("${THEME_KEY}");if(t==="light"||t==="dark")document.documentElement.dataset.theme=t}catch{}`;

const DARK = /@media ((?:screen and )?)\(prefers-color-scheme: ?dark\) ?\{\s*:root ?\{([^{}]*)\}\s*\}/g;

/**
 * A style sheet whose dark colours, which the system asks for, can also be chosen, or refused.
 *
 * @throws Error when it has no dark colours, or some that cannot be chosen
 */
export function withThemes(css: string): string {
  const themed = css.replace(
    DARK,
    (_, screen: string, colors: string) =>
      `@media ${screen}(prefers-color-scheme:dark){:root:not([data-theme=light]){${colors}}}` +
      `@media screen{:root[data-theme=dark]{${colors}}}`,
  );
  const rules = [...themed.matchAll(/prefers-color-scheme:dark\)\{(:root:not)?/g)];
  if (rules.length === 0 || rules.some(([, own]) => own === undefined)) {
    throw new Error("the style sheet has no dark colours, or some outside of :root");
  }
  return `${themed}@media screen{:root[data-theme=dark]{color-scheme:dark}:root[data-theme=light]{color-scheme:light}}`;
}
