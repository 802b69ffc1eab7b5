#!/usr/bin/env bash
# don't "do" this (
set -euo pipefail
x='single # not a comment'   # it's one
y="double $(echo "nested $x" | sed 's/"/'"'"'/g') ${z:-"de'f"} \" `date`"
cat <<'EOF' > out  # here
it's $not expanded "
  if then (
EOF
cat <<EOF | grep x
tab $x it's
EOF
read -r a b <<< "$x"
if [[ "$a" =~ ^[a-z]+$ && ! -f $b ]]; then echo yes; elif ((a > 1)); then :; else echo no; fi
for ((i=0; i<10; i++)); do echo "$i"; done
while read -r line; do
  case $line in
    "a b"|'c') echo 1;;
    *.txt) echo 2 ;;
    (x) : ;;
  esac
done < <(ls -l)
f() { local v=${1#prefix}; echo "${v%%.*}" "${#v}" "${arr[@]}" $#; }
function g {
  trap 'rm -f "$tmp"' EXIT
  awk '{ print $1 "x" }' file \
    | sort -u \
    && echo "ok" || { echo fail >&2; return 1; }
}
arr=(a "b c" 'd e' # comment
  f)
multi="line one
line 'two
three"
echo "a" 'b
c' $((1 + 2)) & wait
until false; do break; done
[ "$x" = 'y' ] && { a; b; }
