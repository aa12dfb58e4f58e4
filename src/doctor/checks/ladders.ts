import { pageMeansNames } from '../../core/incident/describe.ts';
import { climbsOf, type Climb } from '../../core/incident/reach.ts';
import { sayClimbs } from '../../core/incident/say-climbs.ts';
import type { PlannedPage } from '../../core/incident/event.ts';
import { isWorse } from '../../core/severity.ts';
import type { Instant } from '../../core/time.ts';
import { reachesBy } from '../contact.ts';
import type { Check } from '../examine.ts';
import { missing, ok, wrong, type Looked } from '../finding.ts';
import type { Patient } from '../patient.ts';

/** Whether the ladders of P0 and P1 would wake somebody when one person, or one way to reach people, is out. */
export const ladders: Check = {
  area: 'Policies',
  name: 'ladders',
  look: ({ policies, settings, now }) => {
    if (!policies) return [];
    const urgent = climbsOf(policies).filter(({ severity }) => isWorse(severity, 'P2'));
    const groups = Object.keys(policies.notifications.mail_groups);
    return [
      ...saidTogether(urgent, (climb) => judgeClimb(climb, settings, now())),
      groups.length > 0
        ? ok('mail groups', groups.join(', '))
        : missing(
            'mail groups',
            'none: at the end of a ladder, only the emergency conversation is left',
            'Add one to policies/notifications.yml.',
          ),
    ];
  },
};

/** What is to be said of several ladders is said once, and names them all. */
function saidTogether(
  climbs: readonly Climb[],
  judge: (climb: Climb) => readonly Looked[],
): readonly Looked[] {
  const same = new Map<string, { readonly looked: Looked; readonly of: readonly Climb[] }>();
  for (const climb of climbs) {
    for (const looked of judge(climb)) {
      const key = JSON.stringify(looked);
      same.set(key, { looked, of: [...(same.get(key)?.of ?? []), climb] });
    }
  }
  return [...same.values()].map(({ looked, of }) => ({ ...looked, name: sayClimbs(of) }));
}

/** The findings have no name yet. */
function judgeClimb(climb: Climb, settings: Patient['settings'], at: Instant): readonly Looked[] {
  const name = '';
  const pages = Array.from({ length: climb.rungs }, (_, index) => climb.pages(index + 1, at)).flat();
  const arriving = pages.filter(reachesBy(settings));
  const people = peopleOf(arriving);
  const means = meansOf(arriving);
  const findings: Looked[] = [];
  if (people.length < 2) {
    const advice = 'Let the ladder in policies/escalation.yml page a second person.';
    findings.push(
      wrong(
        name,
        `would reach ${people[0] ?? 'nobody'}${people.length === 1 ? ' alone' : ' by name'}`,
        advice,
      ),
    );
  }
  if (means.length < 2) {
    const onlyOff = meansOf(pages).length >= 2;
    const words = `would reach people by ${means[0] ?? 'no means'}${means.length === 1 ? ' alone' : ''}`;
    findings.push(
      onlyOff
        ? missing(name, words, 'The ladder names more; configure them.')
        : wrong(name, words, 'Let the ladder in policies/escalation.yml page by a second means.'),
    );
  }
  if (!arriving.some(({ by }) => by === 'pagerduty')) {
    const words = 'would reach nobody by SMS or phone: only PagerDuty has those';
    findings.push(
      settings.pagerduty
        ? wrong(name, words, 'Let a rung in policies/escalation.yml page by pagerduty.')
        : missing(name, words, 'Set PAGERDUTY_ROUTING_KEY.'),
    );
  }
  return findings.length > 0
    ? findings
    : [ok(name, `would reach ${people.join(', ')} by ${means.join(', ')}`)];
}

function peopleOf(pages: readonly PlannedPage[]): readonly string[] {
  return [...new Set(pages.flatMap(({ person, name }) => (person === undefined ? [] : [name])))];
}

function meansOf(pages: readonly PlannedPage[]): readonly string[] {
  return [...new Set(pages.map(({ by }) => pageMeansNames[by]))];
}
