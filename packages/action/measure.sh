#!/bin/sh
# Measures a command as a step of a workflow: COMMAND, REPEAT, BASELINE, FAIL_IF, RECORDS, REPORT and PROCTOR are the
# action's inputs. The step ends as the command did, or with 1 where a condition of FAIL_IF holds.
set -eu

echo "records=$RECORDS" >>"$GITHUB_OUTPUT"
set --
[ "$REPEAT" = 1 ] || set -- --repeat "$REPEAT" --show-output
status=0
"$PROCTOR" run --force --records "$RECORDS" "$@" -- sh -c "$COMMAND" || status=$?

# What could not even be begun has left nothing to tell.
[ -e "$RECORDS" ] || exit $status
if [ -n "$REPORT" ]; then "$PROCTOR" report --force "$RECORDS" -o "$REPORT"; fi
if [ -n "$BASELINE" ] && [ -e "$BASELINE" ]; then
  set -- "$BASELINE" "$RECORDS"
else
  set -- "$RECORDS"
fi
{
  printf '### %s\n' "$(printf '%s' "$COMMAND" | head -n 1)"
  echo
  "$PROCTOR" compare "$@" --format markdown
} >>"$GITHUB_STEP_SUMMARY"
[ $status -eq 0 ] || exit $status
[ $# -gt 1 ] || exit 0
# A condition is a line.
while IFS= read -r condition; do
  [ -z "$condition" ] || set -- "$@" --fail-if "$condition"
done <<END
$FAIL_IF
END
exec "$PROCTOR" compare "$@"
