import { followArchiveLinks } from './archive-links.mjs';
import { avatar } from './avatar.mjs';
import { drawAlerts, drawClock, startClock } from './clock.mjs';
import { drawComposer, startComposer, write } from './composer.mjs';
import { watch, wish } from './connection.mjs';
import { confirm } from './dialogs.mjs';
import { byId } from './dom.mjs';
import { drawGuide, redrawGuide, showTour } from './guide.mjs';
import { startKeys } from './keys.mjs';
import { memory, remember } from './memory.mjs';
import { drawMessages, followMessages } from './messages.mjs';
import { choosePanel, drawPanels } from './panels.mjs';
import { showWaiting } from './progress.mjs';
import { drawRail, labelOf } from './rail.mjs';
import { drawReporter, fillReport, isFilledIn, startReporter } from './reporter.mjs';
import { startTheme } from './theme.mjs';

let view;
let thread;
/** Why the last wish was not granted. */
let problem;
/** Where a step of the tour leads, until that is drawn. */
let goal;
const here = { as: memory.as, conversation: memory.conversation };

const actions = { ask, goTo, accept, isReady, confirm, press, openThread };

function draw(received) {
  const first = view === undefined;
  view = received;
  Object.assign(here, { as: view.as, conversation: view.conversation });
  remember(here);
  if (thread !== undefined && !view.messages.some(({ ts }) => ts === thread)) thread = undefined;
  const conversation = view.conversations.find(({ id }) => id === view.conversation);
  const name = conversation ? labelOf(conversation) : '';
  byId('conversation-name').textContent = name;
  byId('conversation-about').textContent = conversation?.about ?? '';
  byId('where').textContent = name;
  drawMe();
  drawRail(view, actions);
  drawClock(view);
  drawAlerts(view, actions);
  drawComposer(view, name);
  drawReporter(view);
  showForm();
  drawGuide(view, actions);
  drawPanels(view, actions, problem);
  drawMessages(view, thread, actions);
  pointOut();
  if (first) document.body.dataset.ready = 'true';
}

function drawMe() {
  const me = view.people.find(({ id }) => id === view.as);
  if (me === undefined) return;
  byId('me').replaceChildren(avatar(me, view.people));
  byId('me').setAttribute('aria-label', `You are ${me.name}. Be somebody else`);
}

/** A release bot types no commands; it reports. */
function showForm() {
  const isBot = view.people.find(({ id }) => id === here.as)?.isBot === true;
  byId('compose').hidden = isBot;
  byId('report').hidden = !isBot;
  const skip = document.querySelector('.skip');
  skip.hash = isBot ? 'report-what' : 'box';
  skip.textContent = isBot ? 'Skip to the report' : 'Skip to the command box';
}

function goTo(place, { closeRail = false } = {}) {
  if (place.as !== undefined && place.as !== here.as) tellProblem();
  if (place.conversation !== undefined && place.conversation !== here.conversation) thread = undefined;
  Object.assign(here, place);
  showForm();
  if (closeRail) {
    showRail(false);
    choosePanel('chat');
  }
  watch(here, draw);
}

function openThread(ts) {
  thread = ts;
  drawMessages(view, thread, actions);
  byId('thread').focus();
}

function closeThread() {
  const opener = document.querySelector(`[data-focus="thread ${thread}"]`);
  thread = undefined;
  drawMessages(view, thread, actions);
  opener?.focus();
}

/** @returns `problem`, which is shown, and `said`: what came of it; either may be undefined */
async function ask(asked) {
  const stopWaiting = showWaiting(asked.do);
  const answer = await wish(asked);
  stopWaiting();
  tellProblem(answer.problem);
  return answer;
}

/** Beside the box and, since on a phone only one of them is in view, in the panel. */
function tellProblem(text) {
  problem = text;
  byId('problem').textContent = text ?? '';
  drawPanels(view, actions, problem);
}

function say(text, more = {}) {
  return ask({ do: 'run', ...here, text, ...more });
}

function press(ts, { actionId, value }) {
  return ask({ do: 'click', ...here, ts, actionId, ...(value !== undefined && { value }) });
}

/** Does what a step of the tour offers. */
function accept(offer) {
  if (offer.does === 'fire') void ask({ do: 'fire', alert: offer.alert });
  else if (offer.does === 'advance') void ask({ do: 'advance-to-next-wake' });
  else if (isReady(offer)) byId(offer.does === 'report' ? 'report' : 'compose').requestSubmit();
  else {
    goTo({ as: offer.as, conversation: offer.conversation }, { closeRail: true });
    if (offer.does === 'show') goal = offer;
    if (offer.does === 'report') fillReport(offer);
    if (offer.does === 'type') {
      byId('box').focus();
      write(offer.text);
    }
  }
}

/** Whether all that a step of the tour types or fills in stands there, and only waits to be sent. */
function isReady(offer) {
  if (offer.as !== view.as || offer.conversation !== view.conversation) return false;
  return offer.does === 'report'
    ? isFilledIn(offer)
    : offer.does === 'type' && byId('box').value === offer.text;
}

/** Brings the button that a step of the tour is about into view. */
function pointOut() {
  if (goal?.as !== view.as || goal.conversation !== view.conversation) return;
  const { press: label } = goal;
  goal = undefined;
  const button = [...byId('messages').querySelectorAll('[data-press]')].findLast(({ textContent }) =>
    textContent.startsWith(label),
  );
  if (button === undefined) return;
  button.dataset.pointed = 'true';
  button.addEventListener('blur', () => delete button.dataset.pointed, { once: true });
  button.focus();
  button.scrollIntoView({ block: 'nearest' });
}

async function reply() {
  const box = byId('thread-box');
  const refused = await say(box.value.trim(), { thread });
  if (refused.problem === undefined) box.value = '';
}

function showRail(shown) {
  document.body.dataset.rail = String(shown);
  byId('menu').setAttribute('aria-expanded', String(shown));
  if (shown) byId('rail').focus();
}

async function startOver() {
  const sure = await confirm({
    title: 'Start over?',
    html: 'Every message, mail and incident goes, and the tour begins again.',
    confirm: 'Start over',
    deny: 'Keep it',
    danger: true,
  });
  if (!sure) return;
  showRail(false);
  await ask({ do: 'start-over' });
}

startTheme();
startClock(actions);
startComposer({ say });
startReporter(actions);
followMessages();
followArchiveLinks((id) => view?.conversations.some((one) => one.id === id), goTo);
startKeys({
  bePerson(index) {
    const person = view?.people[index];
    if (person !== undefined) goTo({ as: person.id });
    return person !== undefined;
  },
  moveConversation(step) {
    const at = view.conversations.findIndex(({ id }) => id === here.conversation);
    const next = view.conversations[at + step];
    if (next !== undefined) goTo({ conversation: next.id });
    return true;
  },
  escape() {
    if (document.body.dataset.rail === 'true') {
      showRail(false);
      byId('menu').focus();
    } else if (thread !== undefined) closeThread();
    else return false;
    return true;
  },
});

byId('menu').addEventListener('click', () => showRail(document.body.dataset.rail !== 'true'));
byId('me').addEventListener('click', () => {
  showRail(true);
  document.querySelector('#people input:checked')?.focus();
});
// A thumb has no Escape: a tap beside the drawer closes it, and so does choosing who one is.
document.addEventListener('pointerdown', ({ target }) => {
  if (!target.closest('#rail, #menu, #me, dialog')) showRail(false);
});
byId('people').addEventListener('click', ({ detail }) => {
  // Arrow keys choose, too, and go on choosing.
  if (detail > 0) showRail(false);
});
for (const form of [byId('compose'), byId('report')]) form.addEventListener('input', redrawGuide);
byId('thread-close').addEventListener('click', closeThread);
byId('tour').addEventListener('click', () => showTour(!memory.tour));
byId('start-over').addEventListener('click', () => void startOver());
byId('thread-compose').addEventListener('submit', (event) => {
  event.preventDefault();
  if (byId('thread-box').value.trim() !== '') void reply();
});

watch(here, draw);
