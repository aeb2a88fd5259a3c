// Writes ../main.css: the compiled GOV.UK Frontend base, then our own layer.
// `--check` compares digests instead and needs nothing but Node itself.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const layer = join(here, "..", "hc");
const target = join(here, "..", "main.css");

const digest = (text) => createHash("sha256").update(text).digest("hex");
const layers = readdirSync(layer).filter((name) => name.endsWith(".css")).sort();
const inputs = [
  ...["base.scss", "build.mjs", "package-lock.json"].map((name) => join(here, name)),
  ...layers.map((name) => join(layer, name)),
];
const sources = digest(inputs.map((path) => readFileSync(path, "utf8")).join("\0"));

/** The first line of main.css: what it was made from, and what it must hold. */
const header = (body) =>
  `/* Made by style/build.sh; do not edit. sources ${sources} body ${digest(body)} */\n`;

if (process.argv.includes("--check")) {
  const current = readFileSync(target, "utf8");
  const body = current.slice(current.indexOf("\n") + 1);
  if (current !== header(body) + body) {
    console.error("style/main.css is stale or was edited by hand: run style/build.sh and commit the result");
    process.exit(1);
  }
  console.log("style/main.css is up to date");
  process.exit(0);
}

const sass = await import("sass");
const { transform } = await import("lightningcss");

// Without `charset: false` Sass opens minified output with a byte order mark.
const compiled = sass.compile(join(here, "base.scss"), { charset: false, quietDeps: true }).css;
// One typeface serves screen and paper, so the base need not name it again for print.
const fontsForPrint = /@media print \{\s*[^{}]+\{\s*font-family:[^{};]+;\s*\}\s*\}/g;
// Error recovery drops the old Internet Explorer hacks, which are no valid CSS.
const base = transform({
  filename: "base.css",
  code: Buffer.from(compiled.replace(fontsForPrint, "")),
  minify: true,
  errorRecovery: true,
});

let body = `/* GOV.UK Frontend, MIT, Crown copyright: see THIRD-PARTY.md */\n${base.code}\n`;
for (const name of layers) {
  const text = readFileSync(join(layer, name), "utf8");
  // Ours must parse strictly: whoever serves the file minifies it without recovery.
  transform({ filename: name, code: Buffer.from(text) });
  body += `\n/* hc/${name} */\n${text}`;
}
writeFileSync(target, header(body) + body);
console.log(`style/main.css: ${body.length} characters, ${base.warnings.length} hack(s) dropped from the base`);
