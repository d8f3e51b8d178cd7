import { make } from "../parts/dom.ts";
import { zoneWords } from "../parts/time_words.ts";
import { compareSides } from "./compare_api.ts";
import type { Basis, Comparison, Side } from "./compare_api.ts";
import { CompareCourses } from "./compare_courses.ts";
import { BASES, basisOf, COMPARE_KINDS, compareLink, LENGTHS, shiftMs, SHIFTS } from "./compare_question.ts";
import { columnsOf, readQuestion, sidesOf } from "./compare_question.ts";
import type { CompareQuestion } from "./compare_question.ts";
import { compareTable } from "./compare_table.ts";
import { fieldOf, selectOf } from "./controls.ts";
import type { Choice } from "./controls.ts";
import type { FleetStore } from "./fleet_store.ts";
import { SubjectField } from "./subject_field.ts";
import { nothing, tablePlace } from "./table.ts";

/** Two of a kind, such as tasks, hosts or versions, or one at two times: how they differ, and how sure that is. */
export class CompareView {
  readonly element: HTMLElement;
  readonly title = "Compare";
  readonly #kind: HTMLSelectElement;
  readonly #length: HTMLSelectElement;
  readonly #shift: HTMLSelectElement;
  readonly #basis: HTMLSelectElement;
  readonly #until = make("input", { type: "datetime-local" });
  readonly #first: SubjectField;
  readonly #second: SubjectField;
  readonly #sides = make("p", { class: "help" });
  readonly #table = tablePlace("Differences");
  readonly #notes = make("ul", { class: "notes" });
  readonly #coursePlace = make("section", { hidden: "" }, make("h2", {}, "Course"));
  #courses: CompareCourses | null = null;
  #question: CompareQuestion;
  #asking = new AbortController();
  #isClosed = false;

  /** @param parts of the address, after that of this view */
  constructor(readonly store: FleetStore, parts: readonly string[]) {
    const question = this.#question = readQuestion(parts);
    const changed = () => this.#change();
    const kinds = Object.entries(COMPARE_KINDS);
    const choices = (isTwo: boolean): Choice[] =>
      kinds.filter(([, kind]) => kind.isTwo === isTwo).map(([word, { title }]) => [word, title]);
    this.#kind = selectOf(
      "What to compare",
      { "One, now and before": choices(false), "Two of a kind": choices(true) },
      question.kind,
      () => this.#changeKind(),
    );
    this.#length = selectOf("How long", LENGTHS, String(question.hours), changed);
    this.#shift = selectOf("With which time", SHIFTS, String(question.shift), changed);
    this.#basis = selectOf("What one value is", BASES, question.basis, changed);
    this.#until.value = question.until === null ? "" : localTime(question.until);
    this.#until.addEventListener("change", changed);
    this.#first = new SubjectField(store, "First", "--line-0", changed);
    this.#second = new SubjectField(store, "Second", "--line-1", changed);
    this.element = make(
      "div",
      { class: "overview" },
      make("h1", { tabindex: "-1" }, "Compare"),
      make(
        "div",
        { class: "fields" },
        fieldOf("Compare", this.#kind),
        this.#first.element,
        this.#second.element,
        fieldOf("Over", this.#length),
        fieldOf("With", this.#shift),
        fieldOf("Until (now, unless said)", this.#until),
        fieldOf("Value", this.#basis),
      ),
      this.#sides,
      this.#table,
      this.#notes,
      this.#coursePlace,
    );
    this.#arrange();
    void Promise.all([
      this.#first.set(this.#subject, question.first),
      this.#second.set(this.#isTwo ? this.#subject : "all", question.second),
    ]).then(() => this.#read());
  }

  refresh(): void {}

  restyle(): void {
    this.#courses?.restyle();
  }

  focusSearch(): void {
    this.#kind.focus();
  }

  close(): void {
    this.#isClosed = true;
    this.#asking.abort();
    this.#courses?.close();
  }

  get #subject() {
    return COMPARE_KINDS[this.#kind.value].subject;
  }

  get #isTwo(): boolean {
    return COMPARE_KINDS[this.#kind.value].isTwo;
  }

  #arrange(): void {
    this.#shift.closest<HTMLElement>(".field")!.hidden = this.#isTwo;
    this.#basis.closest<HTMLElement>(".field")!.hidden = this.#subject === "host";
  }

  #changeKind(): void {
    void this.#first.set(this.#subject, "");
    void this.#second.set(this.#isTwo ? this.#subject : "all", "");
    this.#basis.value = basisOf(this.#subject);
    this.#arrange();
    this.#change();
  }

  #change(): void {
    this.#question = {
      kind: this.#kind.value,
      first: this.#first.value,
      second: this.#second.value,
      hours: Number(this.#length.value),
      shift: Number(this.#shift.value),
      until: this.#until.value === "" ? null : Date.parse(this.#until.value),
      basis: this.#basis.value as Basis,
    };
    // The address says what is looked at, so that it can be told to others.
    history.replaceState(null, "", compareLink(this.#question));
    void this.#read();
  }

  async #read(): Promise<void> {
    this.#asking.abort();
    const { signal } = this.#asking = new AbortController();
    const question = this.#question;
    const sides = sidesOf(question, Date.now());
    this.#courses?.close();
    this.#courses = null;
    this.#coursePlace.hidden = true;
    this.#notes.replaceChildren();
    if (!sides) {
      this.#sides.textContent = "";
      this.#table.replaceChildren(nothing(`Name ${this.#isTwo ? "two to compare" : "what to compare"}.`));
      return;
    }
    this.#sides.textContent = timesOf(sides);
    this.#table.replaceChildren(nothing("Comparing …"));
    try {
      const found = await compareSides(sides, columnsOf(question), question.basis, signal);
      if (this.#isClosed || signal.aborted) return;
      this.#show(found, sides, question);
    } catch (error) {
      if (signal.aborted) return;
      this.#table.replaceChildren(nothing((error as Error).message));
    }
  }

  #show(found: Comparison, sides: readonly [Side, Side], question: CompareQuestion): void {
    const names = this.#isTwo
      ? [this.#first.words, this.#second.words] as const
      : ["before", question.until === null ? "now" : "after"] as const;
    const known = found.columns.filter(({ verdict }) => verdict !== "unknown");
    this.#table.replaceChildren(
      known.length === 0
        ? nothing("Nothing is known of this time that could be compared.")
        : compareTable(found, known, names),
    );
    const sure = `Ranges have the difference with ${found.confidence_percent}% confidence; ` +
      "what is called more or less is so for all figures together.";
    const lines = [...known.length > 0 ? [sure] : [], ...found.notes];
    this.#notes.replaceChildren(...lines.map((text) => make("li", {}, text)));
    const tasks = sides.map((side) => this.#taskOf(side));
    const [first, second] = tasks;
    if (first === null || second === null || known.length === 0) return;
    this.#courses = new CompareCourses(
      [{ task: first, name: names[0], from: sides[0].from }, {
        task: second,
        name: names[1],
        from: sides[1].from,
      }],
      question.hours * 3_600,
      sides[1].until,
      COMPARE_KINDS[question.kind].subject === "host",
    );
    this.#coursePlace.hidden = false;
    const help = this.#isTwo
      ? []
      : [`What was before is drawn ${laterWords(shiftMs(question) / 3_600_000)} later.`];
    this.#coursePlace.replaceChildren(
      make("h2", {}, "Course"),
      this.#courses.element,
      ...help.map((text) => make("p", { class: "help" }, text)),
    );
  }

  /** The task whose course a side has; null where it has those of many. */
  #taskOf({ tasks, agents }: Side): number | null {
    if (tasks) return tasks[0];
    return agents ? this.store.host(agents[0])?.host_task ?? null : null;
  }
}

function laterWords(hours: number): string {
  return hours === 1 ? "an hour" : hours % 24 === 0 && hours > 24 ? `${hours / 24} days` : `${hours} hours`;
}

function timesOf([first, second]: readonly [Side, Side]): string {
  const words = ({ from, until }: Side) =>
    `${localTime(from)} to ${localTime(until)} ${zoneWords(new Date(until))}`.replace(/(\d)T(\d)/g, "$1 $2");
  return first.from === second.from ? words(first) : `${words(first)}, and ${words(second)}`;
}

/** A time as fields for times have it. */
function localTime(ms: number): string {
  return new Date(ms).toLocaleString("sv").slice(0, 16).replace(" ", "T");
}
