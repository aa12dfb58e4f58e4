import { parse, stringify } from 'yaml';

/** A change to `channels.yml`: the example's rollback, deployed by `deploy.mjs` in COMMAND_DIR. */
export function byCommand(text: string): string {
  const channels = parse(text.replaceAll('until_stable: 3', 'until_stable: 1')) as {
    readonly apps: {
      readonly shop: { readonly channels: { readonly stable: { rollback: { steps: object[] } } } };
    };
  };
  const { rollback } = channels.apps.shop.channels.stable;
  const argv = [process.execPath, 'deploy.mjs', '--', '{{version}}'];
  rollback.steps[0] = { ...rollback.steps[0], uses: 'command', with: { argv } };
  return stringify(channels);
}
