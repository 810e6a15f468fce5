// Makes dist/vendor/ from the npm packages: one module or style sheet per file of entries/, and icons.svg with the
// icons of icons.txt. What is ours stays in controlplane/static/ and is not touched here.

import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "dist", "vendor");
const icons = join(here, "node_modules", "@tabler", "icons", "icons", "outline");

/** A <symbol> of one icon; the pages show it with <svg class="icon"><use href="…/icons.svg#NAME"/></svg>. */
async function symbol(name) {
  const svg = await readFile(join(icons, `${name}.svg`), "utf8");
  const shapes = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>")).replace(/\s*\n\s*/g, "");
  return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round">${shapes}</symbol>`;
}

await rm(join(here, "dist"), { recursive: true, force: true });
await mkdir(target, { recursive: true });

await build({
  absWorkingDir: here,
  entryPoints: (await readdir(join(here, "entries"))).map((name) => join("entries", name)),
  outdir: target,
  bundle: true,
  format: "esm",
  // What several of them need is a module of its own: there must be one CodeMirror only.
  splitting: true,
  chunkNames: "shared-[hash]",
  target: ["es2022", "chrome109", "firefox115", "safari16"],
  minify: true,
  legalComments: "eof",
  logLevel: "warning",
});

const names = (await readFile(join(here, "icons.txt"), "utf8")).split("\n").filter(Boolean);
const symbols = await Promise.all(names.map(symbol));
await writeFile(join(target, "icons.svg"), `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`);
