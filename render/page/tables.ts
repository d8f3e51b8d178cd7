import { Html, markup } from "./html.ts";

/** A table of the page under its heading. */
export function section(heading: string, head: Html, rows: readonly Html[]): Html {
  return markup`<section>
<h2>${heading}</h2>
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
