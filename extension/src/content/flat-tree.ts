/**
 * The page as it is laid out: a shadow root in the place of its host's children, in a slot what is assigned to it, and in
 * a frame of the same origin its document's body.
 *
 * A closed shadow root is shown to extensions, and only to them: in Chrome by `chrome.dom`, in Firefox by a property.
 */

/** Elements that may have a shadow root, besides those with a name of their own. */
const HOSTS = new Set("article aside blockquote body div footer h1 h2 h3 h4 h5 h6 header main nav p section span".split(" "));

/** Newer, or nearer to one browser, than TypeScript's own description of the page. */
interface ShadowOpener {
  openOrClosedShadowRoot?: ShadowRoot | null;
}

export function shadowRootOf(element: Element): ShadowRoot | null {
  if (element.shadowRoot !== null) return element.shadowRoot;
  const isCustom = element.localName.includes("-");
  if (!isCustom && !HOSTS.has(element.localName)) return null;
  const { openOrClosedShadowRoot: inFirefox } = element as ShadowOpener;
  if (inFirefox !== undefined) return inFirefox;
  // Asked of custom elements only: each call costs, closed roots are rare, and on other elements rarer still.
  if (!isCustom) return null;
  const { dom: inChrome } = chrome as Partial<typeof chrome>;
  return inChrome?.openOrClosedShadowRoot(element as HTMLElement) ?? null;
}

/** The body of a frame's document where it is of the page's origin; of others the browser tells nothing. */
export function frameBodyOf(element: Element): HTMLElement | null {
  if (element.localName !== "iframe") return null;
  const body = (element as HTMLIFrameElement).contentDocument?.body as HTMLElement | null | undefined;
  return body == null || body.isContentEditable ? null : body; // an editor's frame is a form field
}

/**
 * The parent in the layout, as far as it matters here: a shadow root's host for its children, a frame for its body. (A
 * slotted node's is its slot, but it was reached through the slot, and belongs to the host's tree.)
 */
export function parentOf(element: Element): Element | null {
  const { parentNode } = element;
  // A link has a `host` too, that of its address: the kind of node decides. Shadow roots are fragments.
  if (parentNode?.nodeType === 11) return (parentNode as Partial<ShadowRoot>).host ?? null;
  if (element === element.ownerDocument.body) return element.ownerDocument.defaultView?.frameElement ?? element.parentElement;
  return element.parentElement;
}

/** Hands out an element's children in the layout, one at a time. */
export interface Children {
  next: () => Node | null;
  /** Whether they are of another tree than the element, so that no range can reach from one to the other. */
  isOtherTree: boolean;
}

export function childrenOf(element: Element, shadow: ShadowRoot | null): Children {
  let body = frameBodyOf(element);
  if (body !== null) {
    const once = (): Node | null => {
      const node = body;
      body = null;
      return node;
    };
    return { next: once, isOtherTree: true };
  }
  if (element.localName === "slot" && "assignedNodes" in element) {
    const assigned = (element as HTMLSlotElement).assignedNodes();
    let index = 0;
    if (assigned.length > 0) return { next: () => assigned[index++] ?? null, isOtherTree: true };
  }
  let next = (shadow ?? element).firstChild;
  return {
    next: () => {
      const node = next;
      next = node?.nextSibling ?? null;
      return node;
    },
    isOtherTree: shadow !== null,
  };
}

/** The bodies of all frames of the page's origin below an element, those in shadow trees and in other frames too; in no order. */
export function* frameBodies(top: Element): Generator<HTMLElement, void, void> {
  const stack = [top];
  for (let element = stack.pop(); element !== undefined; element = stack.pop()) {
    const body = frameBodyOf(element);
    if (body !== null) yield body;
    const children = childrenOf(element, shadowRootOf(element));
    for (let node = children.next(); node !== null; node = children.next()) if (node.nodeType === 1) stack.push(node as Element);
  }
}

/** Firefox lets nothing of a frame that has gone be touched, not even to ask whether it is there: what is kept of it is dead. */
export function isDead(node: Node): boolean {
  try {
    return node.nodeType === 0; // no node's
  } catch {
    return true;
  }
}
