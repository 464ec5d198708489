/**
 * Keeps what the reader does in the panel and the card from the page, as far as a browser lets it.
 *
 * Keys are caught at the window, before any listener of the page's but those on the window itself that it added before
 * Sayso came; none of the panel's own listeners hears them then, so what they mean is asked here. What the browser does
 * by itself on a key (Tab, Enter on a button, arrows in a slider) goes on as ever. Clicks and the like must reach the
 * panel's own elements and are stopped on their way out.
 */
const STOPPED = [
  ..."click dblclick auxclick contextmenu mousedown mouseup mousemove mouseover mouseout pointerdown pointerup pointermove".split(" "),
  ..."pointerover pointerout pointercancel touchstart touchmove touchend wheel input beforeinput focusin focusout dragstart".split(" "),
];

export function isolate(host: HTMLElement, onKey: (event: KeyboardEvent) => void, signal: AbortSignal): void {
  for (const type of ["keydown", "keyup", "keypress"]) {
    window.addEventListener(
      type,
      (event) => {
        if (event.target !== host) return; // from inside of a closed tree it is the host
        event.stopImmediatePropagation();
        if (event.isTrusted && event.type === "keydown") onKey(event as KeyboardEvent);
      },
      { capture: true, signal },
    );
  }
  for (const type of STOPPED) host.addEventListener(type, (event) => { event.stopPropagation(); }, { passive: true, signal });
}
