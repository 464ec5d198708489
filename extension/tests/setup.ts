/** The little of the extension API that the unit tests need: messages from the English file, as the browser fills them in. */
import fc from "fast-check";
import { vi } from "vitest";
import messages from "../public/_locales/en/messages.json";

function getMessage(name: string, substitutions: string[] = []): string {
  const entry = (messages as Record<string, { message: string } | undefined>)[name];
  return (entry?.message ?? "").replace(/\$(\d)/g, (_, digit: string) => substitutions[Number(digit) - 1] ?? "");
}

vi.stubGlobal("chrome", { i18n: { getMessage } });

// The same examples each time, so that a run fails for what was changed; `make fuzz` looks for others.
fc.configureGlobal(process.env.SAYSO_FUZZ ? { numRuns: 1_000 } : { seed: 1 });
