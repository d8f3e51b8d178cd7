/** What stands below the help of each verb of `proctor ctl`; 80 columns are enough for it. */
export const VERB_EXAMPLES: Readonly<Record<string, string>> = {
  status: examples(`
  proctor ctl status                  everything
  proctor ctl status 'web*' @batch    what fits a pattern, and a group
  proctor ctl status --watch 2s       again every two seconds`),
  describe: examples(`
  proctor ctl describe web            state, health, use, last exit, events
  proctor ctl describe web:0 --json   all of it, with the whole definition`),
  metrics: examples(`
  proctor ctl metrics web
  proctor ctl metrics web --json | jq .metrics.memory_bytes`),
  logs: examples(`
  proctor ctl logs -f                          of all, as it is written
  proctor ctl logs web worker --grep x -n 5    the last five lines with an x
  proctor ctl logs @front --since 10m --level warn
  proctor ctl logs web --stream stderr --plain > errors.txt`),
  events: examples(`
  proctor ctl events -n 20                     the latest of all
  proctor ctl events web -f                    what happens to one, from now on
  proctor ctl events --type health,limit`),
  wait: `
running: its readiness check, or else its health check, has succeeded once.
ready: running, and healthy where there is a health check. stopped: nothing
runs, nor is about to. exited: it does not run any more, or has ended since.
` + examples(`
  proctor ctl wait web --for healthy --timeout 5s && ./smoke-test
  proctor ctl wait @front --for ready
  proctor ctl wait migrate --for exited --timeout 10m

Exit codes: 0 when all are so; 1 when they will not be, or are not in time;
125 when no supervisor answers, or proctor was misused.`),
  monitor: `
Keys: arrows choose a process; Enter opens its log; l, e, a, i show its log,
its events, those of all, and all about it; / searches, f filters, s sorts;
u starts, d stops, r restarts, k sends a signal, after a question; ? shows help.
` + examples(`
  proctor ctl monitor
  proctor ctl monitor --sort state      who is in trouble comes first
  proctor ctl monitor --filter @web     those of a group`),
  signal: `
Nothing else changes: one that ends by it is restarted as its policy says.
` + examples(`
  proctor ctl signal HUP web              have it reload its configuration
  proctor ctl signal USR1 'web:*' --tree  to all processes of all instances`),
  start: examples(`
  proctor ctl start web worker
  proctor ctl start --all`),
  stop: examples(`
  proctor ctl stop web         answers when nothing of it runs any more
  proctor ctl stop @batch`),
  restart: examples(`
  proctor ctl restart web             its instances one after another
  proctor ctl restart web --at-once   all at the same time`),
  reset: examples(`
  proctor ctl reset web    and start it, if it had failed: proctor ctl start web`),
  add: examples(`
  proctor ctl add mail -- ./mailer --port 2525
  proctor ctl add --file more.yaml`),
  remove: examples(`
  proctor ctl remove mail    its logs stay`),
  reload: examples(`
  proctor supervise --check && proctor ctl reload
  proctor ctl reload || proctor ctl rollback   take back what is not ready`),
  rollback: `
Without ids: every process that has not been healthy yet by the definition it
has.
` + examples(`
  proctor ctl reload || proctor ctl rollback   take back what is not ready
  proctor ctl rollback web           all its instances, one after another
  proctor ctl rollback --undo web    by the configuration file again`),
  page: examples(`
  proctor ctl page
  xdg-open "$(proctor ctl page)"`),
  shutdown: examples(`
  proctor ctl shutdown             answers when everything has ended
  proctor ctl shutdown --no-wait`),
};

function examples(lines: string): string {
  return `\nExamples:${lines}\n`;
}
