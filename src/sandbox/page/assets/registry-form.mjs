import { h } from './dom.mjs';

let channels = [];

/** The registry file, for whoever wants to write into it behind the bot’s back. */
export function registryItems(view, { ask }) {
  channels = view.channels;
  const names = channels.map(({ name }) => name);
  return [
    { key: 'registry label', data: 0, build: () => h('h3', { class: 'label' }, 'The registry file') },
    {
      key: 'registry',
      // Not the versions: what somebody types stays while the world moves on.
      data: names,
      build: () => drawForm(names, ask),
    },
  ];
}

function drawForm(names, ask) {
  const version = h('input', {
    id: 'registry-version',
    type: 'text',
    spellcheck: 'false',
    maxlength: '200',
    required: true,
  });
  const channel = h(
    'select',
    { id: 'registry-channel', onchange: suggest },
    ...names.map((name) => h('option', { value: name }, name.split('/').at(-1))),
  );
  const said = h(
    'p',
    { class: 'said', role: 'status' },
    'CI and people read it. Write into it behind Lastgood’s back, as a colleague might.',
  );
  const write = h('button', { 'data-focus': 'write the registry' }, 'Write it');
  suggest();
  return h(
    'form',
    { class: 'registry', autocomplete: 'off', 'aria-label': 'Write into the registry file', onsubmit: send },
    h('code', {}, 'security/release_channels.json'),
    h(
      'div',
      { class: 'fields' },
      h('div', {}, h('label', { for: 'registry-channel' }, 'Channel'), channel),
      h('div', {}, h('label', { for: 'registry-version' }, 'Version'), version),
      write,
    ),
    said,
  );

  function suggest() {
    version.value = channels.find(({ name }) => name === channel.value)?.suggested.registry ?? '';
  }

  async function send(event) {
    event.preventDefault();
    write.setAttribute('aria-busy', 'true');
    const { problem } = await ask({
      do: 'edit-registry',
      channel: channel.value,
      version: version.value.trim(),
    });
    write.removeAttribute('aria-busy');
    said.textContent =
      problem ?? `Written: ${version.value.trim()} on ${channel.value}. Lastgood has looked at it.`;
  }
}
