set -e
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
