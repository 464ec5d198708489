/**
 * Makes what the stores take, in artifacts/ of the repository or in another folder: one zip for each browser, as each warns
 * of the other's keys in the manifest, and the sources for a reviewer. The same sources make the same bytes: entries are
 * sorted, and their times are all the first that a zip can say.
 *
 *   npm run package [-- FOLDER]
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { zipSync } from "fflate";

const root = fileURLToPath(new URL("..", import.meta.url));
const OUT = resolve(process.argv[2] ?? `${root}/../artifacts`);
process.chdir(root);
// Of local time, which is what a zip has: the same everywhere.
const TIME = new Date(1980, 0, 1);

const manifest = JSON.parse(readFileSync("dist/manifest.json", "utf8"));
const { service_worker, scripts } = manifest.background;

const manifests = {
  chrome: { ...without(manifest, "browser_specific_settings"), background: { service_worker } },
  firefox: { ...without(manifest, "minimum_chrome_version"), background: { scripts } },
};

mkdirSync(OUT, { recursive: true });
for (const [browser, own] of Object.entries(manifests)) {
  const files = filesUnder("dist");
  files["manifest.json"] = Buffer.from(`${JSON.stringify(own, null, 2)}\n`);
  write(`sayso-${browser}-${manifest.version}.zip`, files);
}
write(`sayso-source-${manifest.version}.zip`, sources());

/** Every file under a folder, by its path in there. */
function filesUnder(folder) {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = found.map((entry) => `${entry.parentPath}/${entry.name}`);
  return Object.fromEntries(paths.map((path) => [path.slice(folder.length + 1), readFileSync(path)]));
}

/** What git knows of the extension: it is built anew by a reviewer, with the lock file. */
function sources() {
  const paths = execFileSync("git", ["ls-files", "."], { encoding: "utf8" }).trim().split("\n");
  return Object.fromEntries(paths.map((path) => [path, readFileSync(path)]));
}

function write(name, files) {
  const sorted = Object.fromEntries(Object.entries(files).sort(([one], [other]) => (one < other ? -1 : 1)));
  const zip = zipSync(sorted, { level: 9, mtime: TIME });
  writeFileSync(`${OUT}/${name}`, zip);
  console.log(`${name}: ${Object.keys(files).length} files, ${Math.ceil(zip.length / 1024)} kB`);
}

function without(object, key) {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));
}
