/**
 * Builds the extension into dist/: one folder that Chrome and Firefox both load.
 *
 *   node build.mjs            release build
 *   node build.mjs --watch    rebuilds on change
 *
 * The version in the manifest is the one in package.json, so that it is said once.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

process.chdir(fileURLToPath(new URL(".", import.meta.url)));
const watch = process.argv.includes("--watch");

rmSync("dist", { recursive: true, force: true });
mkdirSync("dist");
cpSync("public", "dist", { recursive: true, filter: (path) => !path.endsWith(".svg") });
const { version } = JSON.parse(readFileSync("package.json", "utf8"));
const manifest = JSON.parse(readFileSync("public/manifest.json", "utf8"));
writeFileSync("dist/manifest.json", `${JSON.stringify({ ...manifest, version }, null, 2)}\n`);

/** @type {esbuild.BuildOptions} */
const options = {
  entryPoints: {
    background: "src/background/main.ts",
    content: "src/content/main.ts",
    options: "src/options/main.ts",
    site: "src/site/main.ts",
    unavailable: "src/unavailable/main.ts",
  },
  outdir: "dist",
  bundle: true,
  format: "iife",
  target: ["chrome128", "firefox146"],
  loader: { ".css": "text" },
  charset: "utf8",
  legalComments: "inline",
  // Readability and the parser it works on both say `innerHTML`, the parser of its own elements. Under another name it
  // can never be that of a page's element, whatever an error should mix up. Our own sources do not use it (eslint.config.js).
  mangleProps: /^innerHTML$/,
  mangleCache: { innerHTML: "parsedMarkup" },
  // Readable in the browser's debugger and by a store's reviewer; 60 kB are read from disk in a millisecond.
  minify: false,
  logLevel: "warning",
};

if (watch) {
  const context = await esbuild.context(options);
  await context.watch();
  console.log("extension: watching");
} else {
  await esbuild.build(options);
  console.log(`extension: built dist/ (version ${version})`);
}
