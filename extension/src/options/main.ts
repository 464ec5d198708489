/** The options page: everything that a reader can set, each change kept and felt at once. */
import { h } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { about } from "./about.js";
import { appearance } from "./appearance.js";
import { corrections } from "./corrections.js";
import { server } from "./server.js";
import { shortcuts } from "./shortcuts.js";
import { sites } from "./sites.js";

document.documentElement.lang = t("languageTag");
document.title = t("optionsTitle");
document.body.append(
  h(
    "header",
    {},
    h("img", { src: "icons/icon-48.png", alt: "", width: 40, height: 40 }),
    h("h1", {}, t("optionsTitle")),
  ),
  h("p", { id: "not-saved", role: "alert" }),
  h("main", {}, appearance(), sites(), server(), shortcuts(), corrections(), about()),
);
