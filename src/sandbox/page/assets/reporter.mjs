import { byId, h, patch } from './dom.mjs';

const HOW = 'A health report goes to POST /api/v1/canary, or into #releases as a marked Slack message.';
const HOW_DEPLOYED = 'A deployment goes to POST /api/v1/deployments; Slack has no message for it.';
let view;
/** Whether the version is the visitor’s own, and not our suggestion. */
let typed = false;

/** The release bot’s form in place of the command box. */
export function startReporter({ ask }) {
  byId('report-version').addEventListener('input', () => {
    typed = true;
  });
  for (const id of ['report-what', 'report-channel'])
    byId(id).addEventListener('change', () => {
      typed = false;
      suggest();
      explain();
    });
  byId('report').addEventListener('submit', (event) => {
    event.preventDefault();
    void send(ask);
  });
}

export function drawReporter(newView) {
  const first = view === undefined;
  view = newView;
  const option = (value, text) => ({ key: value, data: text, build: () => h('option', { value }, text) });
  patch(
    byId('report-findings'),
    view.findings.map(({ name, title }) => option(name, title)),
  );
  patch(
    byId('report-channel'),
    view.channels.map(({ name }) => option(name, name)),
  );
  if (first) {
    const canary = view.channels.find(({ promotions }) => promotions.length > 0);
    if (canary !== undefined) byId('report-channel').value = canary.name;
    byId('report-what').selectedIndex = 0;
    explain();
  }
  suggest();
}

/** Puts a report into the form, ready to be sent. */
export function fillReport({ what, channel, version }) {
  byId('report-what').value = what;
  byId('report-channel').value = channel;
  byId('report-version').value = version;
  typed = true;
  explain();
  byId('report').querySelector('.primary').focus();
}

export function isFilledIn({ what, channel, version }) {
  return (
    byId('report-what').value === what &&
    byId('report-channel').value === channel &&
    byId('report-version').value.trim() === version
  );
}

function suggest() {
  const channel = view.channels.find(({ name }) => name === byId('report-channel').value);
  if (typed || channel === undefined) return;
  byId('report-version').value = channel.suggested[isDeployment() ? 'deployment' : 'health'];
}

function explain() {
  byId('report-by').disabled = isDeployment();
  if (isDeployment()) byId('report-by').value = 'http';
  byId('report-said').textContent = isDeployment() ? HOW_DEPLOYED : HOW;
}

function isDeployment() {
  return byId('report-what').value === 'deployment';
}

async function send(ask) {
  const release = { channel: byId('report-channel').value, version: byId('report-version').value.trim() };
  const form = byId('report');
  form.setAttribute('aria-busy', 'true');
  const { said } = await ask(
    isDeployment()
      ? { do: 'report-deployment', ...release }
      : { do: 'report-health', ...release, finding: byId('report-what').value, by: byId('report-by').value },
  );
  form.removeAttribute('aria-busy');
  typed = false;
  if (said !== undefined) byId('report-said').textContent = said;
}
