/** The reader's corrections as the pages see them: one is kept, and what was corrected before is told with the answers. */
import type { BlockResult } from "../shared/contract.js";
import { addCorrection, listCorrections, removeCorrections, type Answer } from "../shared/corrections.js";
import type { CorrectMessage, CorrectReply } from "../shared/protocol.js";

/** Keeps a correction; one that says what Sayso said takes an older one back. */
export async function correct({ sentence, given, right, model }: CorrectMessage): Promise<CorrectReply> {
  try {
    if (given === right) {
      const old = (await listCorrections()).filter((correction) => correction.sentence === sentence);
      await removeCorrections(new Set(old.map(({ id }) => id)));
    } else {
      await addCorrection({ sentence, given, right, model });
    }
    return { kept: true };
  } catch {
    return { kept: false }; // too long, or no room
  }
}

/** What each corrected sentence is. A page is told of its own sentences only: the rest is of other pages. */
export async function correctionsByText(): Promise<ReadonlyMap<string, Answer>> {
  return new Map((await listCorrections()).map(({ sentence, right }) => [sentence, right]));
}

export function withCorrections(block: BlockResult, text: string, corrections: ReadonlyMap<string, Answer>): BlockResult {
  if (corrections.size === 0 || !("sentences" in block)) return block;
  const sentences = block.sentences.map((sentence) => {
    const corrected = corrections.get(text.slice(sentence.start, sentence.end));
    return corrected === undefined ? sentence : { ...sentence, corrected };
  });
  return { ...block, sentences };
}
