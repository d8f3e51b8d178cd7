import { announce, make, styleOf } from "../parts/dom.ts";

/** What a drawing is saved as; made when it is asked for. */
interface Saved {
  readonly png: () => HTMLCanvasElement;
  readonly csv: () => string;
}

/** The menu at the corner of a drawing. @param file the name without its ending */
export function saveMenu(title: string, file: string, { png, csv }: Saved): HTMLElement {
  const menu = make("details", { class: "save" });
  const button = (kind: string, words: string, save: () => void) => {
    const one = make("button", { type: "button", title: words, "aria-label": `${title}: ${words}` }, kind);
    one.addEventListener("click", () => {
      save();
      menu.open = false;
      announce(`${file}.${kind.toLowerCase()} is saved`);
    });
    return one;
  };
  menu.append(
    make("summary", { "aria-label": `Save ${title}` }, "Save"),
    button("PNG", "save as a picture", () => png().toBlob((blob) => blob && download(blob, `${file}.png`))),
    button("CSV", "save the figures in sight", () => {
      download(new Blob([csv()], { type: "text/csv" }), `${file}.csv`);
    }),
  );
  menu.addEventListener("focusout", ({ relatedTarget }) => {
    if (!menu.contains(relatedTarget as Node | null)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary")!.focus();
  });
  return menu;
}

function download(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  make("a", { href: address, download: name }).click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

const MARGIN = 14;
const HEAD = 30;

/** A drawing with its title and its legend, on the colour of a card. */
export function picture(
  title: string,
  legend: readonly { readonly name: string; readonly color: string }[],
  drawing: HTMLCanvasElement,
): HTMLCanvasElement {
  const ratio = devicePixelRatio;
  const canvas = make("canvas");
  canvas.width = drawing.width;
  canvas.height = drawing.height + Math.round(HEAD * ratio);
  const context = canvas.getContext("2d")!;
  context.fillStyle = styleOf("--card");
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(drawing, 0, canvas.height - drawing.height);
  context.scale(ratio, ratio);
  context.textBaseline = "middle";
  context.font = `600 13px ${styleOf("--font")}`;
  context.fillStyle = styleOf("--text");
  context.fillText(title, MARGIN, HEAD / 2);
  let x = MARGIN + context.measureText(title).width + 2 * MARGIN;
  context.font = `12px ${styleOf("--font")}`;
  for (const { name, color } of legend) {
    const width = context.measureText(name).width;
    if (x + width + MARGIN > canvas.width / ratio) break;
    context.fillStyle = color;
    context.fillRect(x, HEAD / 2 - 4, 9, 8);
    context.fillStyle = styleOf("--muted");
    context.fillText(name, x + 14, HEAD / 2);
    x += width + 14 + MARGIN;
  }
  return canvas;
}
