import { avatar } from './avatar.mjs';
import { byId, h, patch } from './dom.mjs';
import { memory, remember } from './memory.mjs';

/** The people one can be, and what the current one sees: conversations with the number of messages not seen yet. */
export function drawRail(view, { goTo }) {
  patch(
    byId('people'),
    view.people.map((person) => ({
      key: person.id,
      data: [person, person.id === view.as],
      build: ([{ id, name, role }, chosen]) =>
        h(
          'label',
          { class: 'person' },
          h('input', {
            type: 'radio',
            name: 'as',
            value: id,
            checked: chosen,
            'data-focus': id,
            onchange: () => goTo({ as: id }),
          }),
          avatar({ id, name }, view.people),
          h('span', { class: 'person-name' }, name),
          h('span', { class: 'person-role' }, role),
        ),
    })),
  );
  // Whoever was chosen and given up again before that was drawn is still marked, and no item has changed.
  for (const choice of byId('people').querySelectorAll('input')) choice.checked = choice.value === view.as;
  markAsRead(view);
  patch(
    byId('conversations'),
    view.conversations.map((conversation) => ({
      key: conversation.id,
      data: [
        conversation.id,
        labelOf(conversation),
        unread(view, conversation),
        conversation.id === view.conversation,
      ],
      build: ([id, label, count, open]) =>
        h(
          'li',
          {},
          h(
            'button',
            {
              class: 'conversation',
              'aria-current': open && 'page',
              'data-focus': id,
              'data-unread': count > 0,
              onclick: () => goTo({ conversation: id }, { closeRail: true }),
            },
            h('span', {}, h('span', { class: 'sign' }, label[0]), label.slice(1)),
            count > 0 &&
              h('span', { class: 'count' }, String(count), h('span', { class: 'unseen' }, ' unread')),
          ),
        ),
    })),
  );
  const elsewhere = view.conversations.some((conversation) => unread(view, conversation) > 0);
  byId('menu').dataset.unread = String(elsewhere);
}

export function labelOf({ kind, name }) {
  return kind === 'public' ? `#${name}` : `@${name}`;
}

/** Counts start again when the sandbox does, so what was read can never be more than what is there. */
function markAsRead(view) {
  const mine = { ...memory.read[view.as] };
  for (const { id, messages } of view.conversations)
    mine[id] = id === view.conversation ? messages : Math.min(mine[id] ?? 0, messages);
  remember({ read: { ...memory.read, [view.as]: mine } });
}

function unread({ as }, { id, messages }) {
  return messages - (memory.read[as]?.[id] ?? 0);
}
