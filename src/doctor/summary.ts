import { answer, type Answer } from '../core/answer.ts';
import type { Finding, Status } from './finding.ts';

/** What people see before each finding. */
export const marks: Readonly<Record<Status, string>> = { ok: '✓', missing: '!', wrong: '✗', unknown: '?' };

/** As many as somebody reads on a phone. */
const mostShown = 12;
const worstFirst: readonly Status[] = ['wrong', 'unknown', 'missing'];

/** What is not all right, the worst first, each with what to do. */
export function summaryOf(findings: readonly Finding[]): Answer {
  const shown = together(findings);
  const troubles = worstFirst.flatMap((status) => shown.filter((finding) => finding.status === status));
  const left = troubles.length - mostShown;
  return answer(
    'info',
    `The doctor finds ${sayCounts(shown)}`,
    ...troubles.slice(0, mostShown).flatMap(sayTrouble),
    ...(left > 0 ? [`… and ${left} more. In a terminal: lastgood doctor`] : []),
  );
}

/** One finding for what is to be said of several things in the same words: `#incidents, #releases`. */
export function together(findings: readonly Finding[]): readonly Finding[] {
  const same = new Map<string, Finding>();
  for (const finding of findings) {
    const { name, ...words } = finding;
    const key = finding.status === 'ok' ? JSON.stringify(finding) : JSON.stringify(words);
    const before = same.get(key);
    same.set(key, before ? { ...before, name: `${before.name}, ${name}` } : finding);
  }
  return [...same.values()];
}

/** `✗ 3 wrong, ? 1 unknown, ! 2 missing, ✓ 31 ok`: of what is shown, one for each line. */
export function sayCounts(findings: readonly Finding[]): string {
  return ([...worstFirst, 'ok'] as const)
    .map((status) => [findings.filter((finding) => finding.status === status).length, status] as const)
    .filter(([count]) => count > 0)
    .map(([count, status]) => `${marks[status]} ${count} ${status}`)
    .join(', ');
}

/** What to do stands on a line of its own, so that it is found on a narrow screen. */
function sayTrouble({ area, name, status, what, advice }: Finding): readonly string[] {
  const told = `${marks[status]} ${area}: ${name} ${what}`;
  return advice === undefined ? [told] : [told, `   → ${advice}`];
}
