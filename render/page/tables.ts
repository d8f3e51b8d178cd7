import { Html, markup } from "./html.ts";

/** A table of the page under its heading. @param level of the heading */
export function section(heading: string, head: Html, rows: readonly Html[], level: 2 | 3 = 2): Html {
  const title = level === 2 ? markup`<h2>${heading}</h2>` : markup`<h3>${heading}</h3>`;
  return markup`<section>
${title}
<div class="table" tabindex="0" role="region" aria-label="${heading}">
<table>${head}
<tbody>
${rows}</tbody></table>
</div>
</section>
`;
}

/** A row of it. */
export function row(label: string | Html, cells: readonly Html[]): Html {
  return markup`<tr><th scope="row">${label}</th>${cells}</tr>\n`;
}
