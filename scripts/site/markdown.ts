/** Markdown as the site shows it: anchors as repository browsers make them, code in colours, wide tables. */
import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import ini from "highlight.js/lib/languages/ini";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";
import sql from "highlight.js/lib/languages/sql";
import typescript from "highlight.js/lib/languages/typescript";
import yaml from "highlight.js/lib/languages/yaml";
import MarkdownIt from "markdown-it";
import type { Links } from "./links.ts";
import type { Page } from "./page.ts";

const LANGUAGES = { bash, ini, json, python, sql, typescript, yaml };
const ALIASES: Readonly<Record<string, string>> = { sh: "bash", ts: "typescript", conf: "ini", toml: "ini" };
for (const [name, language] of Object.entries(LANGUAGES)) hljs.registerLanguage(name, language);

/** An anchor of a heading, as repository browsers make it: links work there and here. */
export function anchorOf(heading: string): string {
  return heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-");
}

/** A renderer of pages. Eleventy gives the page's own data as the environment. */
export function markdownRenderer(links: Links) {
  const markdown = new MarkdownIt({ html: true, highlight: highlighted });
  const { rules } = markdown.renderer;
  const escape = markdown.utils.escapeHtml;

  markdown.core.ruler.push("anchors", ({ tokens }) => {
    const seen = new Map<string, number>();
    for (const [index, token] of tokens.entries()) {
      if (token.type !== "heading_open") continue;
      const text = (tokens[index + 1].children ?? []).map(({ content }) => content).join("");
      const anchor = anchorOf(text);
      const before = seen.get(anchor) ?? 0;
      seen.set(anchor, before + 1);
      token.attrSet("id", before === 0 ? anchor : `${anchor}-${before}`);
    }
  });

  markdown.core.ruler.push("links", ({ tokens, env }) => {
    const page = (env as { entry: Page }).entry;
    for (const { children } of tokens) {
      const open: string[] = [];
      for (const token of children ?? []) {
        if (token.type === "image") {
          const target = links.find(String(token.attrGet("src")), page);
          if (target.kind !== "source") token.attrSet("src", target.href);
        } else if (token.type === "link_open") {
          const target = links.find(String(token.attrGet("href")), page);
          open.push(token.tag = target.kind === "source" ? "span" : "a");
          if (target.kind === "source") {
            token.attrs = [["class", "source"], ["title", `${target.path}, in the repository`]];
          } else token.attrSet("href", target.href);
        } else if (token.type === "link_close") token.tag = open.pop() ?? "a";
      }
    }
  });

  // For the mouse alone: by keys and by screen readers sections are reached in their list.
  rules.heading_close = (tokens, index) => {
    const { tag } = tokens[index];
    const id = escape(String(tokens[index - 2].attrGet("id")));
    const link = `<a class="anchor" href="#${id}" aria-hidden="true" tabindex="-1">#</a>`;
    return `${tag === "h1" ? "" : link}</${tag}>\n`;
  };
  rules.table_open = () => '<div class="table" role="group" aria-label="table" tabindex="0"><table>\n';
  rules.table_close = () => "</table></div>\n";
  rules.image = (tokens, index) => {
    const token = tokens[index];
    return `<img src="${escape(String(token.attrGet("src")))}" alt="${
      escape(token.content)
    }" loading="lazy">`;
  };
  rules.code_block = (tokens, index) => block(highlighted(tokens[index].content, ""), "");
  rules.fence = (tokens, index) => {
    const language = tokens[index].info.trim().split(/\s+/)[0];
    return block(highlighted(tokens[index].content, language), language);
  };
  return markdown;

  function highlighted(code: string, language: string): string {
    if (language === "console" || (language === "" && /^\$ /m.test(code))) return session(code);
    const name = ALIASES[language] ?? language;
    return hljs.getLanguage(name) ? hljs.highlight(code, { language: name }).value : escape(code);
  }

  /** What was typed stands out from what was printed. */
  function session(code: string): string {
    let isContinued = false;
    return code.split("\n").map((line) => {
      const typed = /^([$>] )(.*)$/.exec(line);
      const isTyped = typed !== null || isContinued;
      isContinued = isTyped && line.endsWith("\\");
      if (typed) {
        return `<span class="prompt">${escape(typed[1])}</span><span class="typed">${
          escape(typed[2])
        }</span>`;
      }
      return isTyped ? `<span class="typed">${escape(line)}</span>` : escape(line);
    }).join("\n");
  }

  function block(html: string, language: string): string {
    const kind = language === "" ? "" : ` class="language-${escape(language)}"`;
    return `<div class="code"><pre tabindex="0"><code${kind}>${html.trimEnd()}</code></pre></div>\n`;
  }
}
