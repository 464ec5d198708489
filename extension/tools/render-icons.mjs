/**
 * Renders public/icons/icon.svg to the PNG sizes of the manifest and to the store's tile, with the Chromium that is installed.
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
// The small tile that Chrome's store asks for.
const page = await browser.newPage({ viewport: { width: 440, height: 280 } });
await page.setContent(`<style>body{margin:0;display:grid;place-items:center;height:280px;background:#0d262c}svg{width:168px;height:168px}</style>${svg}`);
writeFileSync(new URL("../../docs/store/tile-440x280.png", import.meta.url), await page.screenshot());
await browser.close();
