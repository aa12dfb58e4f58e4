import type { Answer } from '../../core/answer.ts';
import { plainSection, section, type View } from './blocks.ts';
import { fallback, mrkdwn, plain, shown } from './text.ts';

const icons: Readonly<Record<Answer['tone'], string>> = {
  done: '✅',
  info: 'ℹ️',
  wrong: '⛔',
  refused: '⛔',
};

const sectionsShown = 3;

/** What one person is told. Long lists go on in further sections, and what is left out is counted. */
export function answerMessage({ tone, title, lines }: Answer): View {
  const sections: string[] = [];
  let shownLines = 0;
  for (const line of lines) {
    const text = plain(line, 1_000);
    const last = sections.at(-1);
    if (last !== undefined && last.length + 1 + text.length <= 2_900) {
      sections[sections.length - 1] = `${last}\n${text}`;
    } else if (sections.length < sectionsShown) {
      sections.push(text);
    } else {
      break;
    }
    shownLines += 1;
  }
  const left = lines.length - shownLines;
  return {
    text: fallback([`${icons[tone]} ${title}`, ...lines].join('\n')),
    blocks: [
      section(mrkdwn`${icons[tone]} *${shown(title, 500)}*`),
      ...sections.map(plainSection),
      ...(left > 0 ? [plainSection(`… and ${left} more lines`)] : []),
    ],
  };
}
