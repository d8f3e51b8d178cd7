/* The script of a manager's page: one stream of what changes of hosts, and the view that the address names. */
import { byId, make } from "../parts/dom.ts";
import { Shell } from "../parts/shell.ts";
import type { ShellView } from "../parts/shell.ts";
import { zoneWords } from "../parts/time_words.ts";
import { AlertsView } from "./alerts_view.ts";
import { CompareView } from "./compare_view.ts";
import { buttonOf } from "./controls.ts";
import { FleetStore } from "./fleet_store.ts";
import type { Delta, Snapshot } from "./fleet_store.ts";
import { FleetView } from "./fleet_view.ts";
import { HostView } from "./host_view.ts";
import { IngestView } from "./ingest_view.ts";
import { readLink } from "./links.ts";
import { LiveView } from "./live_view.ts";
import { LogInView } from "./log_in_view.ts";
import { LOGGED_OUT, NotLoggedIn } from "./manager_api.ts";
import { RulesView } from "./rules_view.ts";
import { RuleView } from "./rule_view.ts";
import { SearchDialog } from "./search_dialog.ts";
import { findTask, readHosts, readTask } from "./server.ts";
import type { Host } from "./server.ts";
import { SettingsView } from "./settings_view.ts";
import { TargetView } from "./target_view.ts";
import { TaskView } from "./task_view.ts";
import { TopView } from "./top_view.ts";

/** Views of the navigation that are not the fleet's. */
const VIEWS = ["top", "compare", "alerts", "rules", "ingest", "settings"];
/** What is known of hosts besides their figures is asked for again so often. */
const HOSTS_EVERY_MS = 60_000;
/** And so long after a host has come or gone: with many of them others go, too. */
const HOSTS_SOON_MS = 3_000;

class Page {
  readonly #store = new FleetStore();
  readonly #search = new SearchDialog(this.#store);
  readonly #shell = new Shell<ShellView>({
    view: (hash) => this.#viewOf(hash),
    link: (hash) => VIEWS.includes(readLink(hash)[0]) ? `#/${readLink(hash)[0]}` : "#/",
    search: () => this.#openSearch(),
  });
  #stream: EventSource | undefined;
  /** When the stream told something the last time. */
  #toldAt: Date | null = null;
  #isLoggedOut = false;
  #frame = 0;
  #reading: Promise<void> | undefined;
  #soon: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    const open = buttonOf("Search ", () => this.#openSearch(), { id: "search" });
    open.append(make("kbd", {}, "/"));
    document.querySelector("body > header")!.append(open);
    // What nobody sees asks for nothing.
    addEventListener(LOGGED_OUT, () => this.#logOut());
    document.addEventListener("visibilitychange", () => document.hidden ? this.#leave() : void this.#begin());
    setInterval(() => document.hidden || this.#isLoggedOut || void this.#readHosts(), HOSTS_EVERY_MS);
    if (!document.hidden) void this.#begin();
  }

  #openSearch(): void {
    if (!this.#isLoggedOut) this.#search.open();
  }

  async #begin(): Promise<void> {
    await this.#readHosts();
    if (this.#isLoggedOut || this.#stream || document.hidden) return;
    const stream = this.#stream = new EventSource("api/v1/stream");
    const on = <T>(name: string, take: (message: T) => void) =>
      stream.addEventListener(name, ({ data }) => {
        take(JSON.parse(data) as T);
        this.#toldAt = new Date();
        byId("banner").hidden = true;
        this.#refreshSoon();
      });
    on("snapshot", (snapshot: Snapshot) => {
      if (this.#store.takeSnapshot(snapshot)) void this.#readHosts();
    });
    on("delta", (delta: Delta) => {
      // When it was heard last is not in the stream.
      if (this.#store.takeDelta(delta)) this.#readHostsSoon();
    });
    stream.addEventListener("error", () => this.#lost());
  }

  #leave(): void {
    this.#stream?.close();
    this.#stream = undefined;
  }

  #lost(): void {
    const banner = byId("banner");
    banner.hidden = false;
    const told = this.#toldAt;
    const age = told === null
      ? ""
      : ` What is shown is of ${told.toTimeString().slice(0, 8)} ${zoneWords(told)}.`;
    banner.textContent = `The manager does not answer; trying again …${age}`;
    // It may be that we are known no more, which the stream does not tell.
    if (this.#stream?.readyState === EventSource.CLOSED) {
      this.#leave();
      setTimeout(() => void this.#begin(), 2_000);
    }
  }

  /** Show it with the next frame: to take in thousands of hosts is enough for the one that is under way. */
  #refreshSoon(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#shell.view?.refresh();
    });
  }

  #readHostsSoon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      if (!document.hidden && !this.#isLoggedOut) void this.#readHosts();
    }, HOSTS_SOON_MS);
  }

  /** Ask what hosts there are; one question at a time. */
  #readHosts(): Promise<void> {
    return this.#reading ??= this.#askHosts().finally(() => this.#reading = undefined);
  }

  async #askHosts(): Promise<void> {
    try {
      this.#store.takeHosts(await readHosts(this.#store.hosts.length === 0));
      const wasOut = this.#isLoggedOut;
      this.#isLoggedOut = false;
      document.body.classList.remove("logged-out");
      byId("banner").hidden = true;
      if (this.#shell.view && !wasOut) this.#shell.view.refresh();
      else this.#shell.show(wasOut);
      document.documentElement.dataset.ready = "true";
    } catch (error) {
      if (error instanceof NotLoggedIn) return this.#logOut();
      this.#lost();
    }
  }

  #logOut(): void {
    this.#leave();
    if (this.#isLoggedOut) return;
    this.#isLoggedOut = true;
    document.body.classList.add("logged-out");
    this.#shell.show(true);
    document.documentElement.dataset.ready = "true";
  }

  #viewOf(hash: string): ShellView {
    if (this.#isLoggedOut) return new LogInView(() => void this.#begin());
    const [place, domain = "", channel = "", host = "", task = ""] = readLink(hash);
    switch (place) {
      case "host":
        return new HostView(this.#store, `${domain}/${channel}`, host);
      case "task":
        return this.#taskView(this.#store.find(`${domain}/${channel}`, host), task);
      case "task-number":
        return new TaskView(this.#store, undefined, `Task ${domain}`, () => readTask(Number(domain)));
      case "alerts":
        return new AlertsView(this.#store);
      case "compare":
        return new CompareView(this.#store, readLink(hash).slice(1));
      case "rules":
        if (domain === "") return new RulesView();
        return new RuleView(this.#store, domain === "is" ? channel : "", domain === "is" ? "" : channel);
      case "live":
        return new LiveView(this.#store, Number(domain));
      case "target":
        return new TargetView(this.#store, domain);
      case "ingest":
        return new IngestView(this.#store);
      case "settings":
        return new SettingsView(this.#store);
      case "top":
        return new TopView(this.#store);
      default:
        return new FleetView(this.#store);
    }
  }

  #taskView(host: Host | undefined, name: string): TaskView {
    return new TaskView(this.#store, host, name, async () => host && await findTask(host, name));
  }
}

new Page();
