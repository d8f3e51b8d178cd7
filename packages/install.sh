#!/bin/sh
# Installs the program proctor of a release: downloads it for this machine, checks it against the release's SHA256SUMS,
# and moves it into place. Nothing else is changed.
#
# Usage: install.sh [--from URL] [--to DIRECTORY]
#   --from URL       where the files of a release lie (proctor-linux-x64 …, SHA256SUMS); releases have theirs filled in
#   --to DIRECTORY   default: /usr/local/bin where it can be written, else ~/.local/bin
set -eu

from='@RELEASE_URL@'
to=''
fail() { echo "install.sh: $*" >&2; exit 1; }
while [ $# -gt 0 ]; do
  case $1 in
  --from) [ $# -gt 1 ] || fail '--from needs a value'; from=$2; shift ;;
  --to) [ $# -gt 1 ] || fail '--to needs a value'; to=$2; shift ;;
  -h | --help) sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit ;;
  *) fail "unknown argument $1; see --help" ;;
  esac
  shift
done
case $from in
https://* | http://127.0.0.1:*) ;;
@*) fail 'this copy belongs to no release: name one with --from URL' ;;
*) fail "--from: $from is not an https:// address, nor http://127.0.0.1:PORT for files that this machine serves" ;;
esac

case $(uname -s) in
Linux) system=linux ;;
Darwin) system=darwin ;;
*) fail "there is no program for $(uname -s); on Windows take proctor-windows-x64.exe" ;;
esac
case $(uname -m) in
x86_64 | amd64) processor=x64 ;;
aarch64 | arm64) processor=arm64 ;;
*) fail "there is no program for $(uname -m)" ;;
esac
name=proctor-$system-$processor
if [ $system = linux ]; then
  if ldd --version 2>&1 | grep -qi musl; then name=$name-musl; fi
  # The newer instructions of x86-64 are not everywhere.
  if [ $processor = x64 ] && ! grep -qw avx2 /proc/cpuinfo; then name=$name-baseline; fi
fi

if command -v curl >/dev/null; then
  download() { curl -fsSL --proto-redir '=https' --retry 3 --max-time 600 -o "$2" "$1"; }
elif command -v wget >/dev/null; then
  download() { wget -q --tries=3 --timeout=600 -O "$2" "$1"; }
else
  fail 'neither curl nor wget is here'
fi
if command -v sha256sum >/dev/null; then sum() { sha256sum "$1" | cut -d ' ' -f 1; }
elif command -v shasum >/dev/null; then sum() { shasum -a 256 "$1" | cut -d ' ' -f 1; }
else fail 'neither sha256sum nor shasum is here: what is downloaded could not be checked'; fi

if [ -z "$to" ]; then
  if [ -w /usr/local/bin ]; then to=/usr/local/bin; else to=$HOME/.local/bin; fi
fi
mkdir -p "$to" || fail "$to cannot be made"
# Beside its place and moved there: a proctor that runs keeps its file, and a download that breaks leaves nothing.
work=$(mktemp -d "$to/.proctor-XXXXXX") || fail "$to cannot be written"
trap 'rm -rf "$work"' EXIT
trap 'exit 130' HUP INT TERM
download "$from/SHA256SUMS" "$work/SHA256SUMS" || fail "$from/SHA256SUMS cannot be downloaded"
wanted=$(sed -n "s/^\([0-9a-f]\{64\}\)  $name\$/\1/p" "$work/SHA256SUMS")
[ -n "$wanted" ] || fail "the release at $from has no $name"
download "$from/$name" "$work/$name" || fail "$from/$name cannot be downloaded"
[ "$(sum "$work/$name")" = "$wanted" ] || fail "$name is not what SHA256SUMS says: nothing was installed"
chmod 755 "$work/$name"
"$work/$name" --version >/dev/null || fail "$name does not run on this machine: nothing was installed"
mv -f "$work/$name" "$to/proctor"
echo "proctor $("$to/proctor" --version) is in $to"
case ":$PATH:" in *":$to:"*) ;; *) echo "$to is not in PATH: add it to your shell's profile" ;; esac
