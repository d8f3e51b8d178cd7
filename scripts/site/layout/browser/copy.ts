/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** A button at each piece of code that has something to be typed. */
export function addCopyButtons(): void {
  for (const block of document.querySelectorAll<HTMLElement>(".code")) {
    const typed = [...block.querySelectorAll(".typed")].map(({ textContent }) => textContent);
    const isCode = /language-(?!console|json)/.test(block.querySelector("code")?.className ?? "");
    if (typed.length === 0 && !isCode) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      const text = typed.length > 0 ? typed.join("\n") : block.querySelector("code")!.textContent ?? "";
      try {
        await navigator.clipboard.writeText(text);
        button.textContent = "Copied";
      } catch {
        button.textContent = "Not allowed";
      }
      setTimeout(() => button.textContent = "Copy", 2_000);
    });
    block.append(button);
  }
}
