set -e
# A text to compress, of which gzip takes some milliseconds.
for _ in 1 2 3 4 5 6 7 8 9 10; do cat "$PROCTOR_ROOT/LICENSE"; done >licences.txt
# Records to compare, plot and report; an archive to pack.
tar -cf zod.tar -C "$PROCTOR_ROOT" docs
for level in 6 9; do
  proctor run --quiet --repeat 3 --records gzip$level.jsonl -- gzip -$level -c zod.tar >/dev/null
done
proctor run --quiet --records run.jsonl -- make -j4
make -s clean
cp run.jsonl before.jsonl; cp run.jsonl after.jsonl; cp run.jsonl build.jsonl
# A text to compress.
cat "$PROCTOR_ROOT"/docs/*.md >licences.txt
