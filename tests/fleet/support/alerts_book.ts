import { AlertBook } from "../../../fleet/alert/alert_book.ts";
import { notifierSchema } from "../../../fleet/alert/notify/notifier_schema.ts";
import { ruleSchema } from "../../../fleet/alert/rules/rule_schema.ts";
import { TestFleet } from "./alerts_fleet.ts";
import type { TestTask } from "./alerts_fleet.ts";
import { TestStore } from "./alerts_store.ts";

export const T0 = Date.UTC(2026, 0, 5);
const S = 1_000;

/** A book over a small fleet, with a clock that goes on when it is told to. */
export class BookBench {
  readonly fleet = new TestFleet();
  readonly store = new TestStore();
  readonly said: string[] = [];
  readonly tasks: TestTask[] = [];
  /** CPU of each task, by its place. */
  readonly cpu: number[] = [];
  now = T0;
  book!: AlertBook;

  constructor(tasks: number, where: (at: number) => object = () => ({})) {
    for (let at = 0; at < tasks; at++) {
      const agent = this.fleet.addAgent(`h${at}`, T0, where(at));
      this.tasks.push(this.fleet.addTask(agent, `t${at}`, T0));
      this.cpu.push(0);
    }
  }

  async open(rules: readonly object[], notifiers: readonly object[] = [], everyMs?: number): Promise<this> {
    this.book = await AlertBook.open({
      view: this.fleet,
      store: this.store.asStore,
      rules: rules.map((rule) => ruleSchema.parse(rule)),
      notifiers: notifiers.map((notifier) => notifierSchema.parse(notifier)),
      now: () => this.now,
      say: (line) => this.said.push(line),
      ...(everyMs !== undefined && { everyMs }),
    });
    return this;
  }

  async run(seconds: number): Promise<void> {
    for (let step = 0; step < seconds / 10; step++) {
      this.now += 10 * S;
      this.tasks.forEach((task, at) => this.fleet.feed(task, this.now, { cpu_percent: this.cpu[at] }));
      await this.book.tick();
    }
  }

  get second(): number {
    return (this.now - T0) / S;
  }
}
