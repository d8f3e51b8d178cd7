/** A file that is served. */
export interface PageFile {
  readonly type: string;
  readonly text: string;
}

/** The sign of the page: three lines of a course. */
const ICON = "data:image/svg+xml," + encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" fill="#2f5fd0"/>' +
    '<path d="M2 10h3l2-6 3 9 2-3h2" fill="none" stroke="#fff" stroke-width="1.6"/></svg>',
);

/** What is one page's own. */
interface PageParts {
  /** Addresses of its views, and what they are called. */
  readonly views: readonly (readonly [hash: string, title: string])[];
  readonly style: string;
  readonly script: string;
}

/** The page itself. Addresses in it are relative, so that it may be served below any path. */
function htmlOf(views: PageParts["views"]): string {
  const links = views.map(([hash, title]) => `<a href="${hash}">${title}</a>`).join(" ");
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>proctor</title>
<link rel="icon" href="${ICON}">
<link rel="stylesheet" href="page.css">
<script src="page.js" defer></script>
</head>
<body>
<a id="skip" href="#view">To the content</a>
<header>
<p class="brand">proctor <span id="where"></span></p>
<nav aria-label="Views">${links}</nav>
</header>
<p id="banner" role="alert" hidden></p>
<main id="view" tabindex="-1"><noscript>This page needs its script, which is switched off here.</noscript></main>
<footer><span id="version"></span></footer>
<p id="notice" role="status" hidden></p>
<p id="announcer" class="visually-hidden" role="status" aria-live="polite"></p>
</body>
</html>
`;
}

/** The files of a page by their names; that of none is the page itself. */
export function pageFiles({ views, style, script }: PageParts): ReadonlyMap<string, PageFile> {
  return new Map([
    ["", { type: "text/html; charset=utf-8", text: htmlOf(views) }],
    ["page.css", { type: "text/css; charset=utf-8", text: style }],
    ["page.js", { type: "text/javascript; charset=utf-8", text: script }],
  ]);
}
