/**
 * Makes elements for the panel and the card. Strings go in as text nodes, never as HTML: some of them come from the
 * page, the server or the model.
 */
type Attributes = Record<string, string | number | boolean | ((event: Event) => void)>;

/**
 * An element with attributes and children. A function under `onclick` and the like becomes a listener that ignores
 * what a script sent: only the reader's own clicks and keys count. `true` is an attribute without a value, `false` none.
 */
export function h<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      element.addEventListener(key.slice(2), (event) => {
        if (event.isTrusted) value(event);
      });
    } else if (value !== false) {
      element.setAttribute(key, value === true ? "" : String(value));
    }
  }
  element.append(...children);
  return element;
}

/** Sets text only where it differs, so that a screen reader's live region does not speak twice. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
