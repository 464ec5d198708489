/**
 * Renders public/icons/icon.svg to the PNG sizes of the manifest, with the Chromium that is installed.
 * The PNGs are committed; run this after changing the drawing: npm run icons
 */
import { readFileSync, writeFileSync } from "node:fs";
import { launchChromium } from "./browser.mjs";

const folder = new URL("../public/icons/", import.meta.url);
const svg = readFileSync(new URL("icon.svg", folder), "utf8");
const browser = await launchChromium();
for (const size of [16, 24, 32, 48, 64, 96, 128]) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  await page.setContent(`<style>body{margin:0}svg{display:block;width:${size}px;height:${size}px}</style>${svg}`);
  writeFileSync(new URL(`icon-${size}.png`, folder), await page.screenshot({ omitBackground: true }));
}
await browser.close();
