#!/bin/sh
# Rebuilds public/fonts/ from the pinned font package: weights 400 to 700 only,
# tabular figures kept. Needed only when the font is upgraded. Needs python3.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
"$root/style/build.sh"
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
python3 -m venv "$tools/venv"
"$tools/venv/bin/pip" install --quiet fonttools==4.68.0 brotli==1.2.1

package=$root/style/govuk/node_modules/@fontsource-variable/atkinson-hyperlegible-next
for script in latin latin-ext; do
  case $script in latin) name=atkinson-hyperlegible-next ;; *) name=atkinson-hyperlegible-next-ext ;; esac
  "$tools/venv/bin/fonttools" varLib.instancer --quiet --output "$tools/$script.woff2" \
    "$package/files/atkinson-hyperlegible-next-$script-wght-normal.woff2" wght=400:700
  "$tools/venv/bin/pyftsubset" "$tools/$script.woff2" --unicodes='*' --flavor=woff2 \
    --layout-features=ccmp,locl,tnum,kern,mark --output-file="$root/public/fonts/$name.woff2"
done
cp "$package/LICENSE" "$root/public/fonts/OFL.txt"
ls -l "$root/public/fonts"
