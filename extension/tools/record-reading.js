/**
 * Stands in for the extension around the content script, in a world of its own on the page: `chrome`, as far as the
 * content script uses it, a background that answers every block at once with no sentences, and a record of what was
 * asked. The text of each message is the message's name, so that the panel's state can be told from its words.
 */
(() => {
  const listeners = new Set();
  const recorded = [];
  let panel = null;

  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (options) {
    const root = attach.call(this, options);
    if (this.id === "sayso-root") panel = root;
    return root;
  };

  const port = () => {
    const onMessage = new Set();
    const say = (event) => onMessage.forEach((listener) => listener(event));
    return {
      onMessage: { addListener: (listener) => onMessage.add(listener) },
      onDisconnect: { addListener() {} },
      disconnect: () => onMessage.clear(),
      postMessage: ({ type, batch, blocks }) => {
        if (type !== "analyze") return;
        recorded.push(...blocks);
        setTimeout(() => {
          for (const { id } of blocks) say({ type: "block", batch, block: { id, sentences: [] } });
          say({ type: "done", batch, model: null });
        });
      },
    };
  };

  const nothing = { addListener() {}, removeListener() {} };
  globalThis.chrome = {
    runtime: {
      id: "sayso",
      onMessage: { addListener: (l) => listeners.add(l), removeListener: (l) => listeners.delete(l) },
      connect: port,
      sendMessage: () => Promise.resolve(undefined),
      getURL: (path) => path,
    },
    i18n: { getMessage: (name) => name },
    storage: { local: { get: () => Promise.resolve({}), set: () => Promise.resolve() }, onChanged: nothing },
  };

  const ENDS = new Set(["statusDone", "statusDoneOne", "statusNothing", "statusForeign"]);

  /** Clicks the toolbar button. */
  globalThis.saysoToggle = () => {
    for (const listener of listeners) listener({ type: "sayso:toggle" }, { id: chrome.runtime.id }, () => undefined);
  };

  /**
   * Resolves when the panel says that the reading is over: with every block that was asked about, or, on a page in
   * another language, with the middle of the button that reads it all the same.
   */
  globalThis.saysoEnd = () =>
    new Promise((done) => {
      const look = () => {
        const status = panel?.querySelector("[data-testid='status']")?.textContent ?? "";
        if (!ENDS.has(status)) {
          setTimeout(look, 10);
          return;
        }
        const proceed = status === "statusForeign" ? panel.querySelector("[data-testid='proceed']") : null;
        const box = proceed?.getBoundingClientRect();
        const button = box === undefined ? null : { x: box.x + box.width / 2, y: box.y + box.height / 2 };
        done({ button, blocks: recorded });
      };
      look();
    });
})();
