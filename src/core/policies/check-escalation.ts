import { severities } from '../severity.ts';
import type { EscalationPolicy, RungTarget } from './escalation.ts';
import { unknownName, type Finding, type Path } from './finding.ts';
import type { Policies } from './policies.ts';

export function checkLadders({ escalation }: Pick<Policies, 'escalation'>): readonly Finding[] {
  return Object.entries(escalation.policies).flatMap(([key, policy]) =>
    severities.flatMap((severity): readonly Finding[] => {
      const { rungs, at_end } = policy[severity];
      if (at_end.repeat_from <= rungs.length) return [];
      const message = `expected one of the ${rungs.length} rungs; found ${at_end.repeat_from}`;
      return [{ policy: 'escalation', path: ['policies', key, severity, 'at_end', 'repeat_from'], message }];
    }),
  );
}

/** People, conversations and mail groups that rungs page. */
export function checkEscalation({
  escalation,
  roster,
  notifications,
}: Pick<Policies, 'escalation' | 'roster' | 'notifications'>): readonly Finding[] {
  const people = new Map(Object.entries(roster.people));
  const conversations = Object.keys(notifications.conversations);
  const groups = Object.keys(notifications.mail_groups);
  return targetsOf(escalation).flatMap(({ target, path }): readonly Finding[] => {
    if ('conversation' in target) {
      const found = target.conversation;
      if (conversations.includes(found)) return [];
      const what = 'a conversation of notifications.yml';
      return [unknownName('escalation', [...path, 'conversation'], what, found, conversations)];
    }
    if ('mail_group' in target) {
      const found = target.mail_group;
      if (groups.includes(found)) return [];
      return [
        unknownName(
          'escalation',
          [...path, 'mail_group'],
          'a mail group of notifications.yml',
          found,
          groups,
        ),
      ];
    }
    if ('on_call' in target) return [];
    const person = people.get(target.person);
    if (!person) {
      const what = 'a person of roster.yml';
      return [unknownName('escalation', [...path, 'person'], what, target.person, [...people.keys()])];
    }
    return target.by.includes('mail') && person.email === undefined ? [noEmail(path, target.person)] : [];
  });
}

/** On-call levels, in the rotation of every service that uses the ladder. */
export function checkRungsOfServices({
  escalation,
  services,
  roster,
}: Pick<Policies, 'escalation' | 'services' | 'roster'>): readonly Finding[] {
  const rotations = new Map(Object.entries(roster.rotations));
  const people = new Map(Object.entries(roster.people));
  return targetsOf(escalation).flatMap(({ policy, target, path }): readonly Finding[] => {
    if (!('on_call' in target)) return [];
    const users = Object.values(services.services).filter((service) => service.escalation === policy);
    return [...new Set(users.map((service) => service.rotation))].flatMap((rotation): readonly Finding[] => {
      const levels = rotations.get(rotation);
      // A rotation that does not exist is found where the service names it.
      if (!levels) return [];
      const level = new Map(Object.entries(levels)).get(target.on_call);
      if (!level) {
        const what = `a level of the rotation ${rotation} in roster.yml`;
        return [unknownName('escalation', [...path, 'on_call'], what, target.on_call, Object.keys(levels))];
      }
      const silent = level.people.find((key) => people.has(key) && people.get(key)?.email === undefined);
      return silent !== undefined && target.by.includes('mail') ? [noEmail(path, silent)] : [];
    });
  });
}

function targetsOf(escalation: EscalationPolicy): readonly {
  readonly policy: string;
  readonly target: RungTarget;
  readonly path: Path;
}[] {
  return Object.entries(escalation.policies).flatMap(([policy, ladders]) =>
    severities.flatMap((severity) =>
      ladders[severity].rungs.flatMap((rung, index) =>
        rung.page.map((target, place) => ({
          policy,
          target,
          path: ['policies', policy, severity, 'rungs', index, 'page', place],
        })),
      ),
    ),
  );
}

function noEmail(path: Path, person: string): Finding {
  const message = `expected people with an email in roster.yml; found ${person}, who has none`;
  return { policy: 'escalation', path: [...path, 'by'], message };
}
