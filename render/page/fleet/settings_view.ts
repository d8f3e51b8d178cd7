import { make } from "../parts/dom.ts";
import { momentWords } from "../parts/time_words.ts";
import { readAudit } from "./access_api.ts";
import type { FleetStore } from "./fleet_store.ts";
import { buttonOf } from "./controls.ts";
import { readStore } from "./ingest_api.ts";
import { logOut } from "./log_in_api.ts";
import { grantWords, mayEverywhere, maySomewhere, readMe } from "./me.ts";
import type { Me } from "./me.ts";
import { NotifierSection } from "./notifier_section.ts";
import { CHANGED, SettingsSection } from "./settings_section.ts";
import { keptWords } from "./store_table.ts";
import { nothing, tableOf } from "./table.ts";
import { TokenSection } from "./token_section.ts";
import { UserSection } from "./user_section.ts";

/** Tokens, users, destinations of alerts, retention, and who has changed what: for admins. */
export class SettingsView {
  readonly element: HTMLElement;
  readonly title = "Settings";
  readonly #why = make("p", { class: "why", role: "status" }, "Asking …");
  readonly #place = make("div", { class: "settings" });
  #isClosed = false;

  constructor(readonly store: FleetStore) {
    const heading = make("h1", { tabindex: "-1" }, "Settings");
    this.element = make("div", { class: "overview" }, heading, this.#why, this.#place);
    void this.#read();
  }

  refresh(): void {}

  restyle(): void {}

  focusSearch(): void {
    this.#place.querySelector<HTMLElement>("summary")?.focus();
  }

  close(): void {
    this.#isClosed = true;
  }

  async #read(): Promise<void> {
    try {
      const me = await readMe();
      if (this.#isClosed) return;
      const out = buttonOf("Log out", () => void this.#logOut());
      this.#why.replaceChildren(`You are ${me.name}: ${me.grants.map(grantWords).join(", ")}. `, out);
      for (const section of this.#sectionsFor(me)) {
        this.#place.append(section.element);
        void section.read();
      }
    } catch (error) {
      this.#why.textContent = (error as Error).message;
    }
  }

  async #logOut(): Promise<void> {
    try {
      const elsewhere = await logOut();
      if (elsewhere === null) location.reload();
      else location.assign(elsewhere);
    } catch (error) {
      this.#why.textContent = (error as Error).message;
    }
  }

  #sectionsFor(me: Me): SettingsSection[] {
    if (!maySomewhere(me, "admin")) {
      this.#place.append(make("p", { class: "empty" }, "Tokens and users are changed by an admin."));
      return mayEverywhere(me, "viewer") ? [new RetentionSection()] : [];
    }
    const domains = [...new Set(this.store.hosts.map(({ unit }) => unit.split("/")[0]))];
    const audit = new AuditSection();
    this.#place.addEventListener(CHANGED, () => void audit.read());
    return [
      new TokenSection(domains),
      new UserSection(domains),
      ...mayEverywhere(me, "operator") ? [new NotifierSection(mayEverywhere(me, "admin"))] : [],
      ...mayEverywhere(me, "viewer") ? [new RetentionSection()] : [],
      audit,
    ];
  }
}

/** How long what is kept. */
class RetentionSection extends SettingsSection {
  constructor() {
    super("Retention", "How long everything is kept stands under retention: in the manager's file.");
  }

  protected async show(): Promise<void> {
    const { retention: { raw, five_minutes, hours, runs } } = await readStore();
    const rows = [["Every sample", raw], ["Five minutes", five_minutes], ["Hours", hours], [
      "Runs",
      runs,
    ]] as const;
    this.table.replaceChildren(
      tableOf([["What"], ["Kept for"]], rows.map(([title, kept]) => [title, keptWords(kept)])),
    );
  }
}

/** Who has changed what of late. */
class AuditSection extends SettingsSection {
  constructor() {
    super("Audit", "Who has changed what in the last 30 days.");
  }

  protected async show(): Promise<void> {
    const entries = await readAudit();
    this.table.replaceChildren(
      entries.length === 0 ? nothing("There are no changes yet.") : tableOf(
        [["When"], ["What", "name"]],
        entries.map(({ at, text }) => [momentWords(at), text]),
      ),
    );
  }
}
