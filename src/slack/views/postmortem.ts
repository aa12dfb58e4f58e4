import type { Postmortem } from '../../core/incident/postmortem.ts';
import { header, plainSection, section, type View } from './blocks.ts';
import { fallback, mrkdwn, plain } from './text.ts';

/** Slack takes about 13,200 characters and 50 blocks a message; these leave room for what it counts besides. */
const charactersInMessage = 10_000;
const blocksInMessage = 40;
const charactersInSection = 2_900;

/** A post-mortem as messages for the thread, in order; none is over Slack's limits, and none is left out. */
export function postmortemMessages(postmortem: Postmortem): readonly View[] {
  const blocks = postmortem.sections.flatMap(({ heading, lines }) => [
    section(mrkdwn`*${heading}*`),
    ...paragraphs(lines).map(plainSection),
  ]);
  const messages: View['blocks'][] = [[header(`📝 ${postmortem.title}`)]];
  let characters = 0;
  for (const block of blocks) {
    const length = block.text?.text.length ?? 0;
    const last = messages.at(-1);
    if (last && last.length < blocksInMessage && characters + length <= charactersInMessage) {
      last.push(block);
      characters += length;
    } else {
      messages.push([block]);
      characters = length;
    }
  }
  return messages.map((all, index) => ({
    text: fallback(
      `📝 ${postmortem.title}${messages.length > 1 ? ` (${index + 1} of ${messages.length})` : ''}`,
    ),
    blocks: all,
  }));
}

/** Lines, together as long as a section can hold. */
function paragraphs(lines: readonly string[]): readonly string[] {
  const all: string[] = [];
  for (const line of lines) {
    const text = `• ${plain(line, 1_000)}`;
    const last = all.at(-1);
    if (last !== undefined && last.length + 1 + text.length <= charactersInSection)
      all[all.length - 1] = `${last}\n${text}`;
    else all.push(text);
  }
  return all;
}
